/**
 * The phases of an exchange, in the order in which they run. Within a phase, policies run in the
 * order of the effective configuration. A phase that no policy uses costs one comparison.
 */
export const phases = [
  /**
   * The head has arrived and a route is matched; the caller is not known yet. For cheap refusals
   * and preflights.
   */
  'receive',
  /** Authenticates the caller. A policy that knows the caller calls `exchange.identify`. */
  'authenticate',
  /** Checks whether the caller may make this request. */
  'authorize',
  /** Counts the request against limits and quotas. */
  'limit',
  /** Checks the request itself. */
  'validate',
  /** Changes the request before it is sent to the upstream. */
  'transform',
  /** Answers in place of the upstream. */
  'answer',
  /** Changes a final response of the gateway or the upstream before it is sent to the client. */
  'respond',
  /** The exchange has ended. Hooks only observe. */
  'settle',
] as const;

/** The name of a phase. */
export type Phase = (typeof phases)[number];

/**
 * Phases that end before the caller is known: a policy of a consumer or a group cannot run in them.
 */
export const earlyPhases: readonly Phase[] = Object.freeze(['receive', 'authenticate']);

/**
 * The phases before the request is sent upstream: their hooks may stop the exchange with a `Reply`.
 */
export type RequestPhase = Exclude<Phase, 'respond' | 'settle'>;

/** Whether hooks of the phase may stop the exchange with a `Reply`. */
export function isRequestPhase(phase: Phase): phase is RequestPhase {
  return phase !== 'respond' && phase !== 'settle';
}

/** The phases of {@link RequestPhase}, in their order. */
export const requestPhases: readonly RequestPhase[] = Object.freeze(phases.filter(isRequestPhase));
