import { onBackgroundFault, reportBackgroundFault } from '@sluice/errors';

/**
 * The largest number of lines a minute, per process, about faults of background work; further
 * faults are only counted.
 */
const maxLinesPerMinute = 20;
const minuteMs = 60_000;

/** Writes one line to the log, at level error. */
export type FaultLog = (fields: object, message: string) => void;

/**
 * Keeps the process alive when a callback throws, and logs each fault. Background work catches its
 * own faults (`@sluice/errors`). This is the last resort for callbacks of libraries and of custom
 * policies: one broken connection does less harm than the loss of all of them. Call it once, in
 * `main`; ADR 0014 says why the process does not end.
 */
export function surviveUncaughtExceptions(log: FaultLog): void {
  let minuteEndsMs = 0;
  let written = 0;
  let leftOut = 0;
  onBackgroundFault((place, error) => {
    const nowMs = performance.now();
    if (nowMs >= minuteEndsMs) {
      minuteEndsMs = nowMs + minuteMs;
      written = 0;
    }
    if (written >= maxLinesPerMinute) {
      leftOut++;
      return;
    }
    written++;
    const fields = leftOut === 0 ? { place, error } : { place, error, linesLeftOut: leftOut };
    leftOut = 0;
    log(fields, 'background work failed; the process goes on');
  });
  // An unhandled rejection arrives here as well.
  process.on('uncaughtException', (fault) => reportBackgroundFault('uncaught', fault));
}
