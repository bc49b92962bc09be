import { GatewayError } from '@sluice/errors';

const maxWaitMs = 60_000;
const defaultWaitMs = 5_000;
const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** The caller's request to wait until the nodes have applied the write. */
export interface Wait {
  readonly timeoutMs: number;
  /** Value of Preference-Applied when Prefer requested the wait. */
  readonly preferenceApplied: string | undefined;
}

/** The query parameters that {@link parseWait} reads. */
export const waitParameters = ['wait', 'timeout'];

/**
 * Parses `?wait=applied&timeout=5s`, or `Prefer: wait=5` (RFC 7240 section 4.3, in seconds, capped
 * at one minute). The query takes precedence. Returns undefined when neither is present.
 * @throws GatewayError validation_failed for an invalid parameter. An invalid Prefer is ignored.
 */
export function parseWait(query: URLSearchParams, prefer: string | undefined): Wait | undefined {
  const wait = query.get('wait');
  const timeout = query.get('timeout');
  if (wait === null && timeout !== null)
    throw new GatewayError('validation_failed', {
      detail: 'query parameter timeout: requires wait=applied',
    });
  if (wait !== null) {
    if (wait !== 'applied')
      throw new GatewayError('validation_failed', {
        detail: 'query parameter wait: must be "applied"',
      });
    return {
      timeoutMs: timeout === null ? defaultWaitMs : parseTimeout(timeout),
      preferenceApplied: undefined,
    };
  }
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1];
  if (seconds === undefined) return undefined;
  const timeoutMs = Math.min(Number(seconds) * 1_000, maxWaitMs);
  return { timeoutMs, preferenceApplied: `wait=${timeoutMs / 1_000}` };
}

function parseTimeout(text: string): number {
  const [, amount, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const timeoutMs = Number(amount) * (units[unit ?? ''] ?? Number.NaN);
  if (timeoutMs >= 1 && timeoutMs <= maxWaitMs) return timeoutMs;
  throw new GatewayError('validation_failed', {
    detail:
      'query parameter timeout: must be a duration such as 500ms, 5s or 1m, at most one minute',
  });
}
