import { fstatSync, write } from 'node:fs';
import type { Writable } from 'node:stream';

/** An output for lines. */
export interface LineSink {
  /**
   * Writes lines, as UTF-8 when they are text, and then calls `done` once, with the error when they
   * could not be written. Never throws. The caller waits for `done` before it writes again.
   */
  write(lines: string | Buffer, done: (error: Error | undefined) => void): void;
}

/** How long to wait after a descriptor reports EAGAIN. */
const retryMs = 10;

const lineFeed = 0x0a;
const afterCut = Buffer.from('\n');

/**
 * Writes lines into a file, by descriptor, off the event loop: a slow disk delays only the log.
 * After a line that an error cut off, the next one begins on a new line.
 */
export function fileSink(fd: number): LineSink {
  let cutOff = false;
  return {
    write(lines, done) {
      const whole = typeof lines === 'string' ? Buffer.from(lines) : lines;
      const bytes = cutOff ? Buffer.concat([afterCut, whole]) : whole;
      const step = (from: number): void => {
        write(fd, bytes, from, bytes.length - from, null, (error, written) => {
          const position = from + (error === null ? written : 0);
          if (error?.code === 'EAGAIN') setTimeout(step, retryMs, position);
          else if (error === null && position < bytes.length) step(position);
          else {
            if (position > 0) cutOff = bytes[position - 1] !== lineFeed;
            done(error ?? undefined);
          }
        });
      };
      step(0);
    },
  };
}

/**
 * Writes lines into a stream: a pipe, a socket, a terminal. The caller owns the stream and ends it.
 */
export function streamSink(stream: Writable): LineSink {
  // Without a listener, a broken pipe would end the process. The callback of `write` reports every
  // error anyway.
  stream.on('error', () => undefined);
  return { write: (lines, done) => void stream.write(lines, (error) => done(error ?? undefined)) };
}

/**
 * Writes lines to standard output. A file is written off the event loop. A pipe is written through
 * the stream, which does not wait for the reader; a write to its descriptor would occupy a thread,
 * and delay the end of the process, until the reader reads.
 */
export function standardOutput(): LineSink {
  return fstatSync(1).isFile() ? fileSink(1) : streamSink(process.stdout);
}
