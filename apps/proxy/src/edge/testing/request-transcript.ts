/** A whole request that an origin has read, and how it reads on the wire once its chunks are joined. */
interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Bytes of the transcript it takes. */
  readonly length: number;
  readonly text: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Reads what a proxy sent with as little mercy as possible, and independently of the parser under test. Content in chunks
 * is joined to one chunk, because where the proxy cuts it says nothing; every other byte stays as it came.
 * @returns the request that the text begins with, or undefined while it is not whole
 */
export function readRequest(text: string): ReadRequest | undefined {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = text.slice(0, end + HEAD_END.length);
  const [method = '', target = ''] = head.split(' ', 2);
  const framing = framingOf(head);
  const body = text.slice(head.length);
  if (framing === 'chunked') {
    const { content, at, isWhole } = readChunks(body);
    if (!isWhole) return undefined;
    const joined = content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`;
    return { method, target, length: head.length + at, text: `${head}${joined}0\r\n\r\n` };
  }
  if (body.length < framing) return undefined;
  return { method, target, length: head.length + framing, text: head + body.slice(0, framing) };
}

/** What the beginning of a request says: its head, and as much of its content as has come, chunk framing taken off. */
export function readBeginning(text: string): string {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return text;
  const head = text.slice(0, end + HEAD_END.length);
  const body = text.slice(head.length);
  return head + (framingOf(head) === 'chunked' ? readChunks(body).content : body);
}

/** @throws Error when a receiver could have doubts about where the content ends */
function framingOf(head: string): number | 'chunked' {
  const fields = head.match(/^(?:content.length|transfer.encoding)[^\r\n]*/gim) ?? [];
  if (fields.length > 1) throw new Error(`framed twice: ${JSON.stringify(fields)}`);
  const [field] = fields;
  if (field === undefined) return 0;
  if (field === 'Transfer-Encoding: chunked') return 'chunked';
  const length = /^Content-Length: (0|[1-9][0-9]*)$/.exec(field)?.[1];
  if (length === undefined) throw new Error(`framed in a way of its own: ${JSON.stringify(field)}`);
  return Number(length);
}

/** @throws Error when a chunk is not written in the one plain way */
function readChunks(body: string): { content: string; at: number; isWhole: boolean } {
  let content = '';
  let at = 0;
  for (;;) {
    const line = body.indexOf('\r\n', at);
    if (line < 0) return { content, at, isWhole: false };
    const digits = body.slice(at, line);
    if (!/^(?:0|[1-9a-f][0-9a-f]*)$/.test(digits)) throw new Error(`a chunk size of its own kind: ${JSON.stringify(digits)}`);
    const size = Number.parseInt(digits, 16);
    const next = line + 2 + size + 2;
    if (body.length < next) return { content: content + body.slice(line + 2, line + 2 + size), at, isWhole: false };
    if (body.slice(next - 2, next) !== '\r\n') throw new Error('a chunk that does not end where it says');
    content += body.slice(line + 2, next - 2);
    at = next;
    if (size === 0) return { content, at, isWhole: true };
  }
}

/**
 * Joins the chunks of the first message of the text to one, as {@link readRequest} does: where they are cut says nothing.
 * A message that breaks off between two chunks is joined as far as it goes.
 */
export function joinChunks(text: string): string {
  const end = text.indexOf(HEAD_END) + HEAD_END.length;
  const head = text.slice(0, end);
  if (!head.includes('\r\nTransfer-Encoding: chunked\r\n')) return text;
  const { content, at, isWhole } = readChunks(text.slice(end));
  const joined = content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`;
  return `${head}${joined}${isWhole ? '0\r\n\r\n' : ''}${text.slice(end + at)}`;
}
