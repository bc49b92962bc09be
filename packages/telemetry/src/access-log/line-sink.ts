import { fstatSync, write } from 'node:fs';
import type { Writable } from 'node:stream';

/** An output for lines. */
export interface LineSink {
  /**
   * Writes lines, as UTF-8 when they are text, and then calls `done`, once, with the error when
   * they could not be written. Never throws, and the caller waits for `done` before it writes
   * again.
   */
  write(lines: string | Buffer, done: (error: Error | undefined) => void): void;
}

/** How long to wait when a descriptor says "not now". */
const retryMs = 10;

const lineFeed = 0x0a;
const afterCut = Buffer.from('\n');

/**
 * Lines into a file, by descriptor. Writing happens off the event loop: a slow disk holds up
 * nothing but the log. After a line that was cut off by a fault, the next one begins on a line of
 * its own.
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

/** Lines into a stream: a pipe, a socket, a terminal. The stream stays the caller's to end. */
export function streamSink(stream: Writable): LineSink {
  // Without a listener a broken pipe would end the process; the callback of `write` reports it all
  // the same.
  stream.on('error', () => undefined);
  return { write: (lines, done) => void stream.write(lines, (error) => done(error ?? undefined)) };
}

/**
 * Lines to standard output. A file is written off the event loop; a pipe goes through the stream,
 * whose writes to pipes do not wait for the reader, while a descriptor's would keep a thread, and
 * with it the end of the process, waiting.
 */
export function standardOutput(): LineSink {
  return fstatSync(1).isFile() ? fileSink(1) : streamSink(process.stdout);
}
