import { FieldName, type HeaderList } from '@sluice/http1';

/** Looked up once. */
const MAX_FORWARDS = new FieldName('Max-Forwards');
/** The most that is passed on: it fits into 31 bits, in which some receivers keep it. */
const MOST = 2_147_483_647;

/** What is to become of a request with Max-Forwards. `end`: it may not be forwarded, and is answered here. */
export type ForwardingVerdict = 'forward' | 'end' | 'invalid';

/** Why a request is refused for the field. */
export const MALFORMED_MAX_FORWARDS = 'Max-Forwards must be one field of decimal digits';

/**
 * Counts the Max-Forwards field of an OPTIONS request down by one: RFC 9110 section 7.6.2. The field means something in
 * OPTIONS and TRACE only. TRACE is never served, so it is not asked for here; with any other method the field goes on as
 * it came.
 * @param headers of the request; the field in them is rewritten
 * @returns `invalid` when the field is repeated or is not plain digits
 */
export function countDownForwards(headers: HeaderList): ForwardingVerdict {
  const value = headers.get(MAX_FORWARDS);
  if (value === undefined) return 'forward';
  if (!/^[0-9]+$/.test(value) || headers.getAll(MAX_FORWARDS).length > 1) return 'invalid';
  const left = Number(value);
  if (left === 0) return 'end';
  headers.set(MAX_FORWARDS, String(Math.min(left - 1, MOST)));
  return 'forward';
}
