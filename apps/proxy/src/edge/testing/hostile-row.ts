import { catalogue, problem, type ErrorCode } from '@sluice/errors';

/** The bytes that an upstream sends for one request, and the expected result. */
export interface HostileRow {
  readonly name: string;
  readonly method: string;
  /** What the upstream sends, one character per byte. */
  readonly says: string;
  /** What the upstream does to its connection afterwards. */
  readonly then: 'stay' | 'end' | 'reset';
  /** The exact bytes that the client must receive, except random values and chunk boundaries. */
  readonly client: string;
  /** The client's connection closes afterwards, which shows that the response is incomplete. */
  readonly closes: boolean;
  /** The upstream connection is used for the next request. */
  readonly keeps: boolean;
}

type Changes = Partial<Pick<HostileRow, 'method' | 'then' | 'closes' | 'keeps'>>;

/**
 * A head as the client receives it, with what the gateway adds. @param fields of the upstream, and
 * after them the framing
 */
export function head(statusLine: string, fields = '', framing = ''): string {
  return `HTTP/1.1 ${statusLine}\r\n${fields}Via: 1.1 sluice\r\nX-Request-Id: <id>\r\nDate: <date>\r\n${framing}\r\n`;
}

/** A 200 with content of a known length, as the client receives it. */
export function whole(content: string, fields = ''): string {
  return head('200 OK', fields, `Content-Length: ${content.length}\r\n`) + content;
}

/** A 200 with content in chunks, joined to one, as the client receives it. */
export function inChunks(content: string, fields = ''): string {
  return `${brokenChunks(content, fields)}0\r\n\r\n`;
}

/** The same, incomplete. */
export function brokenChunks(content: string, fields = ''): string {
  return (
    head('200 OK', fields, 'Transfer-Encoding: chunked\r\n') +
    (content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`)
  );
}

/**
 * The gateway's response when the upstream sent none or a malformed one; it contains nothing of the
 * upstream's.
 */
export function refusal(code: ErrorCode): string {
  const phrase = catalogue[code].status === 502 ? 'Bad Gateway' : 'Gateway Timeout';
  const text = JSON.stringify(problem(code, { requestId: '<id>' }));
  return `HTTP/1.1 ${catalogue[code].status} ${phrase}\r\nContent-Type: application/problem+json\r\nX-Request-Id: <id>\r\nDate: <date>\r\nContent-Length: <length>\r\n\r\n${text}`;
}

/** The response is malformed: the upstream connection is destroyed, the client's stays open. */
export function notUnderstood(
  name: string,
  says: string,
  code: ErrorCode = 'upstream_malformed_response',
  changes: Changes = {},
): HostileRow {
  return {
    name,
    method: 'GET',
    says,
    then: 'stay',
    client: refusal(code),
    closes: false,
    keeps: false,
    ...changes,
  };
}

/**
 * The response is forwarded, and the upstream connection is used again unless `changes` specifies
 * otherwise.
 */
export function passedOn(
  name: string,
  says: string,
  client: string,
  changes: Changes = {},
): HostileRow {
  return {
    name,
    method: 'GET',
    says,
    then: 'stay',
    client,
    closes: false,
    keeps: true,
    ...changes,
  };
}

/**
 * The response breaks off: the client gets what came, never an end, and its connection is closed.
 * When it breaks off before anything of it was passed on, the client is refused instead.
 */
export function brokenOff(
  name: string,
  says: string,
  client: string,
  then: HostileRow['then'] = 'stay',
): HostileRow {
  return { name, method: 'GET', says, then, client, closes: true, keeps: false };
}
