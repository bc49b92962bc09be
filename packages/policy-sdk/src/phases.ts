/**
 * The phases of an exchange, in the order they run. Inside a phase, policies run in the order they are written in the
 * effective configuration. A phase that no policy uses costs one comparison.
 */
export const phases = [
  /** The head has arrived and a route was matched; nothing is known about the caller yet. Cheap refusals, preflights. */
  'receive',
  /** Who calls? A policy that finds out says so with `exchange.identify`. */
  'authenticate',
  /** May this caller do this? */
  'authorize',
  /** Does this caller still have something left to spend? */
  'limit',
  /** Is the request itself acceptable? */
  'validate',
  /** Changes to what the upstream will see. */
  'transform',
  /** Last chance to answer instead of the upstream. */
  'answer',
  /** A final response, ours or the upstream's, is about to be sent: changes to what the client will see. */
  'respond',
  /** The exchange is over. Observe only. */
  'settle',
] as const;

/** The name of a phase. */
export type Phase = (typeof phases)[number];

/** Phases that are over before the caller is known: a policy of a consumer or a group cannot run in them. */
export const earlyPhases: readonly Phase[] = Object.freeze(['receive', 'authenticate']);

/** The phases before an upstream is asked: their hooks may stop the exchange with a `Reply`. */
export type RequestPhase = Exclude<Phase, 'respond' | 'settle'>;
