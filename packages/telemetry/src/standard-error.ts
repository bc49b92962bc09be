import type { DestinationStream } from 'pino';

/** The largest number of bytes that wait for a reader of standard error. */
const maxWaitingBytes = 1_048_576;

/** A process has one standard error; all its loggers share the bound. */
let stderr: DestinationStream | undefined;

/**
 * Standard error as an output for log lines. A line is written at once, so that lines right before
 * an exit are not lost. When no process reads the other end of a pipe, lines wait up to a bound and
 * are then dropped: a log must not delay requests. The first line that fits again is preceded by
 * the number of dropped lines.
 */
export function standardError(): DestinationStream {
  if (stderr !== undefined) return stderr;
  let dropped = 0;
  // Without a listener, a reader that closes its end would end the process.
  process.stderr.on('error', () => undefined);
  stderr = {
    write(line) {
      if (process.stderr.writableLength + line.length > maxWaitingBytes) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        const time = new Date().toISOString();
        const message = `${dropped} log lines were dropped: no process read standard error`;
        process.stderr.write(`${JSON.stringify({ level: 'warn', time, message })}\n`);
        dropped = 0;
      }
      process.stderr.write(line);
    },
  };
  return stderr;
}
