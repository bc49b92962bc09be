/**
 * Faults of work that no request waits for: timers, event listeners, deferred work. No caller
 * catches what such a callback throws, and in Node an uncaught exception ends the process with all
 * of its connections. Each such callback runs through this module: it counts a fault by place and
 * reports it to one listener.
 */

/**
 * Where background work runs. The places are the values of a metric label, so there are few and
 * they are fixed.
 */
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

/** Receives each fault, for the log. */
export type BackgroundFaultListener = (place: BackgroundPlace, fault: unknown) => void;

// One count and one listener per process: the places that report faults have no owner in common.
const counts = new Map<BackgroundPlace, number>(backgroundPlaces.map((place) => [place, 0]));
let listener: BackgroundFaultListener | undefined;

/** Returns the number of faults in this process, by place. */
export function backgroundFaultCounts(): ReadonlyMap<BackgroundPlace, number> {
  return counts;
}

/** Sets the listener for faults; there is one per process. */
export function onBackgroundFault(heard: BackgroundFaultListener | undefined): void {
  listener = heard;
}

/** Counts a fault and calls the listener. Never throws. */
export function reportBackgroundFault(place: BackgroundPlace, fault: unknown): void {
  counts.set(place, (counts.get(place) ?? 0) + 1);
  try {
    listener?.(place, fault);
  } catch {
    // The log itself failed: only the count remains.
  }
}

/**
 * Wraps a callback so that neither an exception nor a rejected promise of it reaches the event
 * loop.
 */
export function guarded<Args extends readonly unknown[]>(
  place: BackgroundPlace,
  act: (...args: Args) => unknown,
): (...args: Args) => void {
  return (...args) => {
    try {
      const result = act(...args);
      if (result instanceof Promise)
        result.catch((fault: unknown) => reportBackgroundFault(place, fault));
    } catch (fault) {
      reportBackgroundFault(place, fault);
    }
  };
}

/** `setInterval` whose callback cannot end the process. */
export function every(
  place: BackgroundPlace,
  periodMs: number,
  act: () => unknown,
): NodeJS.Timeout {
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
