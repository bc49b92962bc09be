/** The parser of Node itself, in its strict mode, with the same results as ours. */
import type { CollectedMessage, Conversation, Expected } from './collect.ts';

type Callback = (...values: never[]) => unknown;

interface NativeParser {
  [event: number]: Callback | null;
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  execute(bytes: Buffer): number | NativeError;
  finish(): undefined | NativeError;
  free(): void;
}

interface NativeError extends Error {
  readonly code: string;
}

interface NativeBinding {
  readonly HTTPParser: {
    new (): NativeParser;
    readonly REQUEST: number;
    readonly RESPONSE: number;
    readonly kOnHeaders: number;
    readonly kOnHeadersComplete: number;
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
    readonly kLenientNone: number;
  };
  readonly methods: readonly string[];
}

const native = process.getBuiltinModule('_http_common') as unknown as NativeBinding;
const { HTTPParser } = native;
/** Far larger than any generated message: the comparison does not cover sizes. */
const MAX_HEADER_BYTES = 1 << 20;

/** Methods by the number that the native parser reports, found by parsing each. */
const methodByNumber = new Map<number, string>();
for (const method of native.methods) {
  const asked = new HTTPParser();
  asked.initialize(HTTPParser.REQUEST, {}, MAX_HEADER_BYTES, HTTPParser.kLenientNone);
  asked[HTTPParser.kOnHeadersComplete] = ((...values: unknown[]) =>
    void methodByNumber.set(values[3] as number, method)) as Callback;
  const target = method === 'CONNECT' ? 'a:1' : '/';
  asked.execute(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`));
  asked.free();
}

/**
 * One parser for all conversations, reset by `initialize`, as Node does: creating one costs more
 * than the parsing.
 */
const parser = new HTTPParser();

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2)
    pairs.push([(flat[at] as string).toLowerCase(), flat[at + 1] as string]);
  return pairs;
}

/** The results of the native parser for the reads; `expected` is given for responses. */
export function collectNatively(
  reads: readonly Buffer[],
  expected: readonly Expected[] | undefined,
  closes: boolean,
): Conversation {
  const conversation: Conversation = { messages: [], interim: [], fault: undefined, rest: '' };
  parser.initialize(
    expected === undefined ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
    {},
    MAX_HEADER_BYTES,
    HTTPParser.kLenientNone,
  );
  let current: CollectedMessage | undefined;
  let gathered: [string, string][] = [];
  let target = '';
  let answered = 0;
  let upgraded = false;

  parser[HTTPParser.kOnHeaders] = ((flat: string[], url: string) => {
    gathered.push(...pairsOf(flat));
    if (url !== '') target = url;
  }) as Callback;
  parser[HTTPParser.kOnHeadersComplete] = ((
    major: number,
    minor: number,
    flat: string[] | undefined,
    method: number | undefined,
    url: string | undefined,
    status: number | undefined,
    reason: string | undefined,
    upgrade: boolean,
    keepAlive: boolean,
  ) => {
    const fields = [...gathered, ...pairsOf(flat ?? [])];
    gathered = [];
    if (expected !== undefined && (status as number) < 200 && status !== 101) {
      conversation.interim.push(status as number);
      current = undefined;
      return 1;
    }
    const version = `${major}.${minor}`;
    const start =
      expected === undefined
        ? `${methodByNumber.get(method as number)} ${url ?? target} ${version}`
        : `${version} ${status} ${reason}`;
    target = '';
    current = {
      start,
      fields,
      framing: '',
      contentLength: undefined,
      keepAlive,
      upgraded: upgrade,
      body: '',
      trailers: [],
      ended: false,
    };
    conversation.messages.push(current);
    if (expected === undefined) {
      upgraded = upgrade;
      return upgrade ? 2 : 0;
    }
    const request = expected[answered++];
    upgraded = upgrade || (request?.method === 'CONNECT' && (status as number) < 300);
    // The native parser decides whether a response to HEAD keeps the connection before it learns
    // that there is no body.
    current = Object.assign(current, {
      upgraded,
      keepAlive: request?.method === 'HEAD' ? undefined : keepAlive,
    });
    if (upgraded) return 2;
    return request?.method === 'HEAD' ? 1 : 0;
  }) as Callback;
  parser[HTTPParser.kOnBody] = ((bytes: Buffer) => {
    if (current !== undefined) current.body += bytes.toString('latin1');
  }) as Callback;
  parser[HTTPParser.kOnMessageComplete] = (() => {
    if (current !== undefined) {
      current.ended = true;
      current.trailers = gathered;
    }
    gathered = [];
  }) as Callback;

  for (const read of reads) {
    if (upgraded) {
      conversation.rest += read.toString('latin1');
      continue;
    }
    const result = parser.execute(read);
    if (typeof result !== 'number') {
      conversation.fault = result.code;
      break;
    }
    if (upgraded) conversation.rest += read.toString('latin1', result);
  }
  if (closes && conversation.fault === undefined && !upgraded) {
    const error = parser.finish();
    if (error !== undefined) conversation.fault = error.code;
  }
  return conversation;
}
