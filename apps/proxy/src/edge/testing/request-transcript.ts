/** A complete request that an origin has received, in its wire form with joined chunks. */
interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Its length in the transcript, in bytes. */
  readonly length: number;
  readonly text: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Parses the bytes that a proxy sent, strictly and independently of the parser under test. Chunks
 * are joined to one, because their boundaries have no meaning; every other byte is kept.
 * @returns the request at the beginning of the text, or undefined while it is incomplete
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

/** The head and the received content of an incomplete request, without chunk framing. */
export function readBeginning(text: string): string {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return text;
  const head = text.slice(0, end + HEAD_END.length);
  const body = text.slice(head.length);
  return head + (framingOf(head) === 'chunked' ? readChunks(body).content : body);
}

/** @throws Error when the end of the content is ambiguous */
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

/** @throws Error when a chunk is not in its simplest form */
function readChunks(body: string): { content: string; at: number; isWhole: boolean } {
  let content = '';
  let at = 0;
  for (;;) {
    const line = body.indexOf('\r\n', at);
    if (line < 0) return { content, at, isWhole: false };
    const digits = body.slice(at, line);
    if (!/^(?:0|[1-9a-f][0-9a-f]*)$/.test(digits))
      throw new Error(`a chunk size of its own kind: ${JSON.stringify(digits)}`);
    const size = Number.parseInt(digits, 16);
    const next = line + 2 + size + 2;
    if (body.length < next)
      return { content: content + body.slice(line + 2, line + 2 + size), at, isWhole: false };
    if (body.slice(next - 2, next) !== '\r\n')
      throw new Error('a chunk that does not end where it says');
    content += body.slice(line + 2, next - 2);
    at = next;
    if (size === 0) return { content, at, isWhole: true };
  }
}

/**
 * Joins the chunks of the first message of the text to one, as {@link readRequest} does. An
 * incomplete message is joined as far as its last complete chunk.
 */
export function joinChunks(text: string): string {
  const end = text.indexOf(HEAD_END) + HEAD_END.length;
  const head = text.slice(0, end);
  if (!head.includes('\r\nTransfer-Encoding: chunked\r\n')) return text;
  const { content, at, isWhole } = readChunks(text.slice(end));
  const joined = content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`;
  return `${head}${joined}${isWhole ? '0\r\n\r\n' : ''}${text.slice(end + at)}`;
}
