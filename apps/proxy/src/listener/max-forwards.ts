import { FieldName, type HeaderList } from '@sluice/http1';

const MAX_FORWARDS = new FieldName('Max-Forwards');
/** The highest forwarded value; some receivers store it in 31 bits. */
const MAX_FORWARDED = 2_147_483_647;

/**
 * The result for a request with Max-Forwards. `end` means that the gateway must answer it instead
 * of forwarding it.
 */
export type ForwardingVerdict = 'forward' | 'end' | 'invalid';

/** The reason of a refusal for an invalid field. */
export const MALFORMED_MAX_FORWARDS = 'Max-Forwards must be one field of decimal digits';

/**
 * Decrements the Max-Forwards field of an OPTIONS request (RFC 9110 section 7.6.2). The field
 * applies to OPTIONS and TRACE only. TRACE is never served, and the field of other methods is
 * forwarded unchanged.
 * @param headers of the request; the field is replaced in them
 * @returns `invalid` when the field is repeated or does not consist of digits
 */
export function countDownForwards(headers: HeaderList): ForwardingVerdict {
  const value = headers.get(MAX_FORWARDS);
  if (value === undefined) return 'forward';
  if (!/^[0-9]+$/.test(value) || headers.getAll(MAX_FORWARDS).length > 1) return 'invalid';
  const left = Number(value);
  if (left === 0) return 'end';
  headers.set(MAX_FORWARDS, String(Math.min(left - 1, MAX_FORWARDED)));
  return 'forward';
}
