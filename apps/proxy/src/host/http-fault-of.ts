import { errorMessage } from '@sluice/errors';
import { HttpFault, type HttpFaultReason } from '@sluice/policy-sdk';

/** Codes of undici and Node, and what they mean for a call. */
const reasons: Readonly<Record<string, HttpFaultReason>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
  UND_ERR_SOCKET: 'broken_off',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'broken_off',
  UND_ERR_ABORTED: 'broken_off',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_MAX_ORIGINS_REACHED: 'queue_full',
  ECONNRESET: 'broken_off',
  EPIPE: 'broken_off',
};

/** Turns what a call threw into an `HttpFault`. Faults of the request itself stay as they are. */
export function httpFaultOf(error: unknown, origin: string): Error {
  const cause = innerFault(error);
  if (cause !== undefined) return cause;
  const { code = '', name } = (error ?? {}) as { code?: string; name?: string };
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')
    return new TypeError(`a request to ${origin} is not valid: ${errorMessage(error)}`);
  const reason =
    reasons[code] ??
    (code.startsWith('HPE_') || name === 'HTTPParserError' ? 'invalid_response' : 'not_connected');
  return new HttpFault(reason, `${origin}: ${errorMessage(error)}`, error);
}

/** An `HttpFault` that a layer below has thrown, perhaps wrapped. */
function innerFault(error: unknown): HttpFault | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; depth++) {
    if (each instanceof HttpFault) return each;
    if (each instanceof AggregateError) return each.errors.map(innerFault).find(Boolean);
    each = each.cause;
  }
  return undefined;
}
