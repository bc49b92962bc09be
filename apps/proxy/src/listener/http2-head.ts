import { isHttp1Fault, normalizeHost, RequestParser, type RequestLimits } from '@sluice/http1';
import { isMalformedValue } from '../net/http2-fields.ts';

/**
 * Limits the head of every client; the size in the SETTINGS frame binds only clients that have
 * acknowledged it. Fields are smaller as lines than as RFC 9113 section 6.5.2 counts them, so a
 * client within the announced size is within this limit.
 */
const limits: Partial<RequestLimits> = { maxHeaderBytes: 65_536 };

/**
 * Parses the head of an HTTP/2 request by the rules of HTTP/1.1: serializes it as text and gives it
 * to the same parser. Both protocols therefore treat Host, Expect, Content-Length and lookalikes of
 * protected names the same way, and a client cannot choose the protocol with weaker checks.
 * @param raw alternating names and values, as received
 * @param hasContent whether content follows the head
 * @returns a new parser with the head or its fault; undefined when the head has no HTTP/1.1
 *   equivalent
 */
export function readHttp2Head(
  raw: readonly string[],
  hasContent: boolean,
  protectedNames: ReadonlySet<string>,
): RequestParser | undefined {
  const text = headText(raw, hasContent);
  if (text === undefined) return undefined;
  const parser = new RequestParser({ limits, protectedNames });
  parser.consume(Buffer.from(text, 'latin1'), 0);
  return parser;
}

function headText(raw: readonly string[], hasContent: boolean): string | undefined {
  let method = '';
  let path: string | undefined;
  let authority: string | undefined;
  let fields = '';
  let cookies = '';
  let isSized = !hasContent;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    if (isMalformedValue(value)) return undefined;
    switch (name) {
      case ':method':
        method = value;
        break;
      case ':path':
        path = value;
        break;
      case ':authority':
        authority = value;
        break;
      case ':scheme':
        break;
      case 'cookie':
        // HTTP/2 may split Cookie for compression; other protocols need one field (RFC 9113 section
        // 8.2.3).
        cookies += cookies === '' ? value : `; ${value}`;
        break;
      default:
        if (name === 'content-length') isSized = true;
        // Host is dropped when it equals :authority. Otherwise the head has two hosts, which the
        // parser refuses.
        if (name !== 'host' || !namesSame(value, authority)) fields += `${name}: ${value}\r\n`;
    }
  }
  const target = method === 'CONNECT' ? authority : path;
  // The parser would take any other form for an absolute URI.
  if (target === undefined || (method !== 'CONNECT' && target !== '*' && !target.startsWith('/')))
    return undefined;
  const host = authority === undefined ? '' : `Host: ${authority}\r\n`;
  const cookie = cookies === '' ? '' : `Cookie: ${cookies}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${host}${fields}${cookie}${isSized ? '' : 'Transfer-Encoding: chunked\r\n'}\r\n`;
}

/**
 * Whether two spellings name the same host and port, such as `a.test` and `A.test:` (RFC 9113
 * section 8.3.1).
 */
function namesSame(host: string, authority: string | undefined): boolean {
  if (host === authority) return true;
  if (authority === undefined) return false;
  const one = normalizeHost(host);
  const other = normalizeHost(authority);
  return (
    !isHttp1Fault(one) && !isHttp1Fault(other) && one.host === other.host && one.port === other.port
  );
}
