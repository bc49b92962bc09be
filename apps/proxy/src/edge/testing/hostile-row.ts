import { catalogue, problem, type ErrorCode } from '@sluice/errors';

/** What an upstream says in answer to one request, and what must come of it. */
export interface HostileRow {
  readonly name: string;
  readonly method: string;
  /** What the upstream sends, one character per byte. */
  readonly says: string;
  /** What it does to its connection behind that. */
  readonly then: 'stay' | 'end' | 'reset';
  /** What the client must receive, byte by byte, chance and chunk bounds aside. */
  readonly client: string;
  /** The client's connection is closed behind that, because it must not take what it has for whole. */
  readonly closes: boolean;
  /** The upstream's connection is kept, and used for the next request. */
  readonly keeps: boolean;
}

type Changes = Partial<Pick<HostileRow, 'method' | 'then' | 'closes' | 'keeps'>>;

/** A head as the client receives it, with what the gateway adds. @param fields of the upstream, and after them the framing */
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

/** The same without its end. */
export function brokenChunks(content: string, fields = ''): string {
  return head('200 OK', fields, 'Transfer-Encoding: chunked\r\n') + (content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`);
}

/** What the client is told when the upstream gave no response, or none that can be understood: nothing that it said. */
export function refusal(code: ErrorCode): string {
  const phrase = catalogue[code].status === 502 ? 'Bad Gateway' : 'Gateway Timeout';
  const text = JSON.stringify(problem(code, { requestId: '<id>' }));
  return `HTTP/1.1 ${catalogue[code].status} ${phrase}\r\nContent-Type: application/problem+json\r\nX-Request-Id: <id>\r\nDate: <date>\r\nContent-Length: <length>\r\n\r\n${text}`;
}

/** The upstream is not understood: its connection is destroyed, the client's is kept. */
export function notUnderstood(name: string, says: string, code: ErrorCode = 'upstream_malformed_response', changes: Changes = {}): HostileRow {
  return { name, method: 'GET', says, then: 'stay', client: refusal(code), closes: false, keeps: false, ...changes };
}

/** The response is passed on, and the connection that it came on is used again unless `changes` says otherwise. */
export function passedOn(name: string, says: string, client: string, changes: Changes = {}): HostileRow {
  return { name, method: 'GET', says, then: 'stay', client, closes: false, keeps: true, ...changes };
}

/**
 * The response breaks off: the client gets what came, never an end, and its connection is closed. When it breaks off before
 * anything of it was passed on, the client is refused instead.
 */
export function brokenOff(name: string, says: string, client: string, then: HostileRow['then'] = 'stay'): HostileRow {
  return { name, method: 'GET', says, then, client, closes: true, keeps: false };
}
