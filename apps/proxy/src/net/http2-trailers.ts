import { HeaderList, RequestParser } from '@sluice/http1';
import { isMalformedValue } from './http2-fields.ts';

const head = 'POST / HTTP/1.1\r\nHost: trailers\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n';

/**
 * Parses the trailers of an HTTP/2 request by the rules of HTTP/1.1, like its head: trailers for
 * framing, routing or credentials and protected names are refused, and names with `_` are dropped.
 * @param raw alternating names and values, as received
 * @returns undefined when the trailers are refused
 */
export function readHttp2Trailers(
  raw: readonly string[],
  protectedNames: ReadonlySet<string>,
): HeaderList | undefined {
  let text = head;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (isMalformedValue(name) || isMalformedValue(value)) return undefined;
    text += `${name}: ${value}\r\n`;
  }
  const bytes = Buffer.from(`${text}\r\n`, 'latin1');
  const parser = new RequestParser({ protectedNames });
  for (let at = 0; at < bytes.length && parser.fault === undefined;) at = parser.consume(bytes, at);
  return parser.state === 'end' ? (parser.trailers ?? new HeaderList()) : undefined;
}
