import {
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';

const tailBytes = 262_144;

/** A log file that a child process writes to, opened for appending. */
export type LogFile = {
  readonly path: string;
  readonly descriptor: number;
  /** A new run of its writer begins: `tail` shows only what is written from now on. */
  beginRun(): void;
  /**
   * The last lines written in the present run, for error messages; only those that `isWanted`
   * accepts.
   */
  tail(lines: number, isWanted?: (line: string) => boolean): string;
  close(): void;
};

/**
 * Opens a log for appending, readable by its owner only. One that has grown past `maxBytes` is kept
 * as `<path>.1` and begun afresh, so a log holds at most twice that between two starts.
 */
export function openLogFile(path: string, maxBytes = 10_000_000): LogFile {
  if (sizeOf(path) > maxBytes) renameSync(path, `${path}.1`);
  let runBeganAtBytes = sizeOf(path);
  const descriptor = openSync(path, 'a', 0o600);
  let closed = false;
  return {
    path,
    descriptor,
    beginRun: () => {
      runBeganAtBytes = sizeOf(path);
    },
    tail: (lines, isWanted = () => true) => lastLines(path, runBeganAtBytes, lines, isWanted),
    close: () => {
      if (!closed) closeSync(descriptor);
      closed = true;
    },
  };
}

/**
 * Keeps a log from growing without end while it is written: past `maxBytes` its text moves to
 * `<path>.1` and the file is emptied under its writer, who appends. Gives a function that ends the
 * watch.
 */
export function keepLogBounded(
  log: LogFile,
  maxBytes = 50_000_000,
  intervalMs = 10_000,
): () => void {
  const timer = setInterval(() => {
    if (sizeOf(log.path) <= maxBytes) return;
    copyFileSync(log.path, `${log.path}.1`);
    truncateSync(log.path);
  }, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

function lastLines(
  path: string,
  fromBytes: number,
  lines: number,
  isWanted: (line: string) => boolean,
): string {
  const size = sizeOf(path);
  // A file shorter than it was has been emptied meanwhile: all it holds is new.
  const begin = Math.max(size < fromBytes ? 0 : fromBytes, size - tailBytes);
  if (size <= begin) return '';
  const reader = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(size - begin);
    const length = readSync(reader, buffer, 0, buffer.length, begin);
    const text = buffer.toString('utf8', 0, length).trimEnd();
    return text.split('\n').filter(isWanted).slice(-lines).join('\n');
  } finally {
    closeSync(reader);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
