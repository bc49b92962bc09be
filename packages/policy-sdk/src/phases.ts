/** The properties of a phase. Everything that treats phases differently reads them here. */
export interface PhaseRow {
  /**
   * The signature of its hooks: `request` and `response` hooks may stop the exchange with a
   * `Reply`, `response` hooks also see the response, `settle` hooks see a complete exchange.
   */
  readonly hook: 'request' | 'response' | 'settle';
  /** Ends before the caller is known: a policy of a consumer or a group cannot run in it. */
  readonly isEarly: boolean;
  /** The gateway's own policies also run in it for requests that no route matches. */
  readonly runsUnmatched: boolean;
}

/**
 * The phases of an exchange, in the order in which they run. Within a phase, policies run in the
 * order of the effective configuration. A phase that no policy uses costs one comparison.
 */
export const phaseTable = {
  /**
   * The head has arrived and a route is matched; the caller is not known yet. For cheap refusals
   * and preflights.
   */
  receive: { hook: 'request', isEarly: true, runsUnmatched: true },
  /**
   * Authenticates the caller. Never runs without a route, so that path scans cost no password
   * hashes and 404 stays 404.
   */
  authenticate: { hook: 'request', isEarly: true, runsUnmatched: false },
  /** Checks whether the caller may make this request. */
  authorize: { hook: 'request', isEarly: false, runsUnmatched: false },
  /** Counts the request against limits and quotas. */
  limit: { hook: 'request', isEarly: false, runsUnmatched: true },
  /** Checks the request itself. */
  validate: { hook: 'request', isEarly: false, runsUnmatched: false },
  /** Changes the request before it is sent to the upstream. */
  transform: { hook: 'request', isEarly: false, runsUnmatched: false },
  /** Answers in place of the upstream. */
  answer: { hook: 'request', isEarly: false, runsUnmatched: false },
  /**
   * Sees, stores or changes a final response of the upstream, with its content, before the gateway
   * adds its own fields. Responses of the gateway do not pass it.
   */
  received: { hook: 'response', isEarly: false, runsUnmatched: false },
  /** Changes a final response of the gateway or the upstream before it is sent to the client. */
  respond: { hook: 'response', isEarly: false, runsUnmatched: true },
  /** The exchange has ended. Hooks only observe. */
  settle: { hook: 'settle', isEarly: false, runsUnmatched: true },
} as const satisfies Readonly<Record<string, PhaseRow>>;

type PhaseTable = typeof phaseTable;

/** The name of a phase. */
export type Phase = keyof PhaseTable;

/** The phases whose hooks have a signature. */
export type PhaseWithHook<Hook extends PhaseRow['hook']> = {
  [P in Phase]: PhaseTable[P]['hook'] extends Hook ? P : never;
}[Phase];

/** The phases in their order. */
export const phases: readonly Phase[] = Object.freeze(Object.keys(phaseTable) as Phase[]);

/**
 * Phases that end before the caller is known: a policy of a consumer or a group cannot run in them.
 */
export const earlyPhases: readonly Phase[] = Object.freeze(
  phases.filter((phase) => phaseTable[phase].isEarly),
);

/**
 * The phases before the request is sent upstream: their hooks may stop the exchange with a `Reply`.
 */
export type RequestPhase = PhaseWithHook<'request'>;

/** Whether hooks of the phase may stop the exchange with a `Reply`. */
export function isRequestPhase(phase: Phase): phase is RequestPhase {
  return phaseTable[phase].hook === 'request';
}
