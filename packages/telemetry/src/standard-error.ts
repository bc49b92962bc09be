import type { DestinationStream } from 'pino';

/** Bytes that may wait for a reader of standard error. */
const maxWaitingBytes = 1_048_576;

let stderr: DestinationStream | undefined;

/**
 * Standard error as a place for log lines. A line is written at once, so that the last words before an exit are heard. When
 * nobody reads the other end of a pipe, lines wait up to a bound and are then given up: a log must not hold up requests.
 * The first line that finds room again says how many are missing.
 */
export function standardError(): DestinationStream {
  if (stderr !== undefined) return stderr;
  let dropped = 0;
  // Without a listener a reader that leaves would end the process.
  process.stderr.on('error', () => undefined);
  stderr = {
    write(line) {
      if (process.stderr.writableLength + line.length > maxWaitingBytes) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        const time = new Date().toISOString();
        const message = `${dropped} log lines were dropped: nobody read standard error`;
        process.stderr.write(`${JSON.stringify({ level: 'warn', time, message })}\n`);
        dropped = 0;
      }
      process.stderr.write(line);
    },
  };
  return stderr;
}
