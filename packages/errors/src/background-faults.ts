/**
 * Faults of work that no request waits for: timers, event listeners, work put off to later. Nobody up the stack catches
 * what such a callback throws, and in Node an exception that is not caught ends the process, with every connection on it.
 * So each callback of that kind is run through this module: a fault is counted by place and told to one listener.
 */

/** Where background work runs. The places are the values of a metric label, so there are few and they are fixed. */
export const backgroundPlaces = Object.freeze([
  'connection',
  'timer',
  'end_of_turn',
  'config',
  'limits',
  'names',
  'observation',
  'storage',
  'telemetry',
  'workers',
  'lifecycle',
  'uncaught',
] as const);

/** One of {@link backgroundPlaces}. */
export type BackgroundPlace = (typeof backgroundPlaces)[number];

/** Hears of each fault, for the log. */
export type BackgroundFaultListener = (place: BackgroundPlace, fault: unknown) => void;

const counts = new Map<BackgroundPlace, number>(backgroundPlaces.map((place) => [place, 0]));
let listener: BackgroundFaultListener | undefined;

/** How many faults there were in this process, by place. */
export function backgroundFaultCounts(): ReadonlyMap<BackgroundPlace, number> {
  return counts;
}

/** Sets who hears of faults from now on; one per process. */
export function onBackgroundFault(heard: BackgroundFaultListener | undefined): void {
  listener = heard;
}

/** Counts a fault and tells the listener. Never throws. */
export function reportBackgroundFault(place: BackgroundPlace, fault: unknown): void {
  counts.set(place, (counts.get(place) ?? 0) + 1);
  try {
    listener?.(place, fault);
  } catch {
    // The log itself failed: the count is all that can be kept.
  }
}

/** Wraps a callback so that neither what it throws nor a promise that it rejects reaches the event loop. */
export function guarded<Args extends readonly unknown[]>(place: BackgroundPlace, act: (...args: Args) => unknown): (...args: Args) => void {
  return (...args) => {
    try {
      const result = act(...args);
      if (result instanceof Promise) result.catch((fault: unknown) => reportBackgroundFault(place, fault));
    } catch (fault) {
      reportBackgroundFault(place, fault);
    }
  };
}

/** `setInterval` whose callback cannot end the process. */
export function every(place: BackgroundPlace, periodMs: number, act: () => unknown): NodeJS.Timeout {
  return setInterval(guarded(place, act), periodMs);
}

/** `setTimeout` whose callback cannot end the process. */
export function after(place: BackgroundPlace, delayMs: number, act: () => unknown): NodeJS.Timeout {
  return setTimeout(guarded(place, act), delayMs);
}

/** `setImmediate` whose callback cannot end the process. */
export function soon(place: BackgroundPlace, act: () => unknown): NodeJS.Immediate {
  return setImmediate(guarded(place, act));
}
