/**
 * What is wrong with a Transfer-Encoding that is not exactly one `chunked`: RFC 9112 sections 6.1
 * and 6.3.
 *
 * Only the error depends on what is found here. Lists that mean the same as `chunked`, such as
 * `, chunked`, are refused as well, because readers disagree about them.
 */
import type { Http1FaultCode } from './faults.ts';

/**
 * One coding with its parameters, and the comma or the end behind it: RFC 9110 section 10.1.4.
 * Linear.
 */
const CODING =
  /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)((?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))*)[ \t]*(?:,|$)/y;
/** An empty element of a list, which means nothing: RFC 9110 section 5.6.1.2. */
const EMPTY_ITEM = /[ \t]*(?:,|$)/y;

/**
 * Names the fault of a Transfer-Encoding.
 * @param lines the values of all its field lines, in order; together they are not exactly `chunked`
 * @returns `unsupported_transfer_coding` (501) when the content ends in a final `chunked` with
 * other codings before it;
 *   `invalid_transfer_coding` (400) when nothing says where the content ends, or readers could disagree
 */
export function faultOfCodings(lines: readonly string[]): Http1FaultCode {
  const list = lines.join(',');
  let codings = 0;
  let last = '';
  for (let at = 0; at < list.length;) {
    EMPTY_ITEM.lastIndex = at;
    if (EMPTY_ITEM.test(list)) {
      at = EMPTY_ITEM.lastIndex;
      continue;
    }
    CODING.lastIndex = at;
    const coding = CODING.exec(list);
    // Not a coding; or something follows `chunked`, which may only be the last one, and only once.
    if (coding === null || last === 'chunked') return 'invalid_transfer_coding';
    codings++;
    last = (coding[1] as string).toLowerCase();
    if (last === 'chunked' && coding[2] !== '') return 'invalid_transfer_coding';
    at = CODING.lastIndex;
  }
  return last === 'chunked' && codings > 1
    ? 'unsupported_transfer_coding'
    : 'invalid_transfer_coding';
}
