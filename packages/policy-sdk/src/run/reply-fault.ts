import { catalogue } from '@sluice/errors';
import { requireName, requireValue } from '@sluice/http1';
import { authReasons, isAuthReason } from '../auth-reason.ts';
import type { OwnErrors } from '../own-errors.ts';
import { Principal } from '../principal.ts';
import { Unrecognised, type Reply } from '../reply.ts';

/** Follows a status that is refused, in the texts of faults. */
export const finalStatuses = 'a final response has one from 200 to 599';

/** Whether a value is the status of a final response (RFC 9110 section 15). */
export function isFinalStatus(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
}

/**
 * Says why a verdict of a policy cannot be sent, as the end of a sentence; undefined when it is a
 * reply that can be sent.
 * @param isAlternative whether the hook may also return a principal
 * @param errors the errors that the schema of the policy declares
 */
export function replyFault(
  verdict: unknown,
  isAlternative: boolean,
  errors: OwnErrors = {},
): string | undefined {
  const reply = (verdict ?? {}) as Partial<Reply>;
  const { status, headers, code, reason } = reply;
  if (verdict instanceof Principal && !isAlternative)
    return 'with a principal: set "authenticates: true" in its schema, or call exchange.identify(…)';
  if (verdict instanceof Unrecognised)
    return 'with unrecognised(…), which only alternatives may return: set "authenticates: true"';
  if (status === undefined || !Array.isArray(headers))
    return `${described(verdict)}: return deny(…) or reply(…) to stop, ${isAlternative ? 'principal(…) for a caller, ' : ''}or undefined to go on`;
  if (!isFinalStatus(status)) return `with status ${String(status)}: ${finalStatuses}`;
  if (code !== undefined && !isKnown(code, reply.error, errors))
    return `with the code "${String(code)}", which is neither in the error catalogue nor in the errors of its schema`;
  if (reason !== undefined && !isAuthReason(reason))
    return `with the reason "${String(reason)}", which is none of ${authReasons.join(', ')}`;
  return headersFault(headers) ?? contentFault(reply);
}

/** Codes are bounded: each is a series of a metric. */
function isKnown(code: string, error: Reply['error'], errors: OwnErrors): boolean {
  if (error === undefined) return Object.hasOwn(catalogue, code);
  return error === catalogue[code as keyof typeof catalogue] || error === errors[code];
}

function headersFault(headers: readonly unknown[]): string | undefined {
  for (const pair of headers) {
    const [name, value] = (Array.isArray(pair) ? pair : []) as unknown[];
    if (typeof name !== 'string' || typeof value !== 'string')
      return 'with a header that is no pair of two strings, [name, value]';
    try {
      requireName(name);
      requireValue(name, value);
    } catch (fault) {
      return `with a header that cannot be sent: ${(fault as Error).message}`;
    }
  }
  return undefined;
}

function contentFault({ content, detail }: Partial<Reply>): string | undefined {
  if (content !== undefined && typeof content !== 'string' && !ArrayBuffer.isView(content))
    return 'with content that is neither a string nor a Uint8Array: encode it first';
  if (detail !== undefined && typeof detail !== 'string') return 'with a detail that is no string';
  return undefined;
}

function described(answer: unknown): string {
  return typeof answer === 'object' && answer !== null
    ? `an object with ${Object.keys(answer).join(', ') || 'no properties'}`
    : String(answer);
}
