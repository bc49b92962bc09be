/**
 * The faults of a Transfer-Encoding that is not exactly one `chunked`: RFC 9112 sections 6.1 and
 * 6.3. The result only selects the error. Lists that mean the same as `chunked`, such as `,
 * chunked`, are refused as well, because readers disagree about them.
 */
import type { Http1FaultCode } from './faults.ts';

/**
 * One coding with its parameters, and the comma or the end after it: RFC 9110 section 10.1.4.
 * Linear.
 */
const CODING =
  /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)((?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))*)[ \t]*(?:,|$)/y;
/** An empty element of a list, which has no meaning: RFC 9110 section 5.6.1.2. */
const EMPTY_ITEM = /[ \t]*(?:,|$)/y;

/**
 * Names the fault of a Transfer-Encoding.
 *
 * @param lines the values of all its field lines, in order; together they are not exactly `chunked`
 * @returns `unsupported_transfer_coding` (501) when the content ends with a final `chunked` after
 * other codings; `invalid_transfer_coding` (400) when nothing determines the end of the content, or
 * readers could disagree
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
    // Not a coding; or something follows `chunked`, which is only allowed as the last one, and only
    // once.
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
