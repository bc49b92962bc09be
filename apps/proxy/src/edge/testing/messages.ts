/** The Host field of all requests in these specs, except in those that test Host. */
export const H = 'Host: a.test\r\n';

/** A GET. @param fields all of its fields, each with its line end */
export function get(target: string, fields = H, version = '1.1'): string {
  return `GET ${target} HTTP/${version}\r\n${fields}\r\n`;
}

/** A POST to /p. @param fields besides Host, each with its line end */
export function post(fields: string, content = ''): string {
  return `POST /p HTTP/1.1\r\n${H}${fields}\r\n${content}`;
}

/** A POST to /p in chunks. @param content as it goes over the wire */
export function chunked(content: string): string {
  return post('Transfer-Encoding: chunked\r\n', content);
}

export interface ForwardedParts {
  /** Fields of the client that reach the upstream, each with its line end. */
  readonly fields?: string;
  /** The framing field with its line end; none by default. */
  readonly framing?: string;
  readonly content?: string;
  /** The host that the client sent. */
  readonly host?: string;
}

/** A request as an upstream must receive it, byte by byte. @param line method and target */
export function request(
  line: string,
  { fields = '', framing = '', content = '', host = 'a.test' }: ForwardedParts = {},
): string {
  const ours = `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${host}\r\nX-Forwarded-Port: <port>\r\nVia: 1.1 sluice\r\nX-Request-Id: <id>\r\n`;
  return `${line} HTTP/1.1\r\nHost: ${host}\r\n${fields}${ours}${framing}\r\n${content}`;
}

/** The same with Host after all other fields: its position when Connection named it. */
export function hostLast(text: string): string {
  return text.replace(/(Host: .+\r\n)([^]*X-Request-Id: <id>\r\n)/, '$2$1');
}

/** POST /p with content of a known length, as an upstream must receive it. */
export function withLength(content: string, fields = ''): string {
  return request('POST /p', { fields, framing: `Content-Length: ${content.length}\r\n`, content });
}

/** POST /p with content in chunks, as an upstream must receive it. */
export function inChunks(content: string, fields = ''): string {
  const chunk = content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`;
  return request('POST /p', {
    fields,
    framing: 'Transfer-Encoding: chunked\r\n',
    content: `${chunk}0\r\n\r\n`,
  });
}

/** An incomplete POST /p: the most an upstream may have received, never with its end. */
export function brokenOff(
  content: string,
  framing = 'Transfer-Encoding: chunked\r\n',
  fields = '',
): string {
  return request('POST /p', { fields, framing, content });
}
