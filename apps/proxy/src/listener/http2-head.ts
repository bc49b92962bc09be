import { isHttp1Fault, normalizeHost, RequestParser, type RequestLimits } from '@sluice/http1';

/**
 * The size that the SETTINGS frame announces binds only a client that has acknowledged it; this binds all. As lines the
 * fields are smaller than as RFC 9113 section 6.5.2 counts them, so who keeps to the one keeps to the other.
 */
const limits: Partial<RequestLimits> = { maxHeaderBytes: 65_536 };
/** Never in a valid field value (RFC 9113 section 8.2.1); in the text of a head it would begin a line of its own. */
const LINE_BREAKS = /[\r\n\0]/;

/** Whether a field value is one that RFC 9113 section 8.2.1 calls malformed. */
export function isMalformedValue(value: string): boolean {
  return isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)) || LINE_BREAKS.test(value);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * Reads the head of an HTTP/2 request by the rules of HTTP/1.1: it is written as text and given to the same parser. So
 * Host, expectations, lengths, and names that imitate protected ones are accepted or refused alike, and nobody can
 * choose the laxer of two protocols.
 * @param raw names and values in turn, as they came
 * @param hasContent whether more than the head follows
 * @returns a parser of its own that holds the head, or its fault; undefined when the head cannot even be written as text
 */
export function readHttp2Head(raw: readonly string[], hasContent: boolean, protectedNames: ReadonlySet<string>): RequestParser | undefined {
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
        // Split for the sake of compression; one field anywhere else (RFC 9113 section 8.2.3).
        cookies += cookies === '' ? value : `; ${value}`;
        break;
      default:
        if (name === 'content-length') isSized = true;
        // A Host that names the same as :authority is superfluous; one that differs makes two, and two are refused.
        if (name !== 'host' || !namesSame(value, authority)) fields += `${name}: ${value}\r\n`;
    }
  }
  const target = method === 'CONNECT' ? authority : path;
  // Another form than "/..." would be taken for an absolute URI.
  if (target === undefined || (method !== 'CONNECT' && target !== '*' && !target.startsWith('/'))) return undefined;
  const host = authority === undefined ? '' : `Host: ${authority}\r\n`;
  const cookie = cookies === '' ? '' : `Cookie: ${cookies}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${host}${fields}${cookie}${isSized ? '' : 'Transfer-Encoding: chunked\r\n'}\r\n`;
}

/** Whether two spellings name the same host and port, such as `a.test` and `A.test:` (RFC 9113 section 8.3.1). */
function namesSame(host: string, authority: string | undefined): boolean {
  if (host === authority) return true;
  if (authority === undefined) return false;
  const one = normalizeHost(host);
  const other = normalizeHost(authority);
  return !isHttp1Fault(one) && !isHttp1Fault(other) && one.host === other.host && one.port === other.port;
}
