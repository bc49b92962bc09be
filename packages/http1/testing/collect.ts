/**
 * Runs a parser over reads and records what it reports, so that tests can compare whole
 * conversations.
 */
import type { RequestParser, ResponseParser } from '../src/index.ts';

export interface CollectedMessage {
  /** Request line or status line, as the parser interpreted it. */
  readonly start: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly framing: string;
  readonly contentLength: number | undefined;
  /** Undefined where a parser does not report it. */
  readonly keepAlive: boolean | undefined;
  readonly upgraded: boolean;
  body: string;
  trailers: readonly (readonly [string, string])[];
  ended: boolean;
}

export interface Conversation {
  readonly messages: CollectedMessage[];
  readonly interim: number[];
  fault: string | undefined;
  /** Bytes not consumed when the parser stopped at an upgraded connection. */
  rest: string;
}

/**
 * Cuts bytes into reads that end at the given positions; positions outside the bytes and
 * repetitions are ignored.
 */
export function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const edges = [...new Set([0, ...positions, bytes.length])].filter(
    (at) => at >= 0 && at <= bytes.length,
  );
  edges.sort((one, other) => one - other);
  // A copy per read, as from a socket: a parser that reads beyond its chunk finds nothing useful.
  return edges.slice(1).map((end, index) => {
    const start = edges[index] ?? 0;
    const read = Buffer.allocUnsafe(end - start);
    bytes.copy(read, 0, start, end);
    return read;
  });
}

/** Feeds requests and collects the results, to the end of the reads or to the first fault. */
export function collectRequests(
  parser: RequestParser,
  reads: readonly Buffer[],
  stopAtUpgrade = false,
): Conversation {
  const conversation: Conversation = { messages: [], interim: [], fault: undefined, rest: '' };
  let current: CollectedMessage | undefined;
  let stopped = false;
  for (const read of reads) {
    let at = 0;
    do {
      if (stopped) {
        conversation.rest += read.toString('latin1', at);
        break;
      }
      at = parser.consume(read, at);
      if (parser.state === 'head') {
        current = {
          start: `${parser.method} ${parser.target} 1.${parser.versionMinor} ${parser.host} ${parser.port ?? ''}`,
          fields: parser.headers.entries(),
          framing: parser.framing,
          contentLength: parser.framing === 'length' ? parser.contentLength : undefined,
          keepAlive: parser.keepAlive,
          upgraded: parser.upgrade !== undefined,
          body: '',
          trailers: [],
          ended: false,
        };
        conversation.messages.push(current);
      } else if (current !== undefined && parser.state === 'bodyChunk') {
        current.body += (parser.body as Buffer).toString('latin1');
      } else if (current !== undefined && parser.state === 'end') {
        current.ended = true;
        current.trailers = parser.trailers?.entries() ?? [];
        stopped = stopAtUpgrade && current.upgraded;
      } else if (parser.state === 'fault') {
        conversation.fault = parser.fault?.code;
        return conversation;
      }
    } while (parser.state !== 'needMore' || at < read.length);
  }
  return conversation;
}

/** The request of each expected response. */
export interface Expected {
  readonly method: string;
  readonly upgradeAsked: boolean;
}

/**
 * Feeds responses, announcing one after the other; `closes` tells the parser at the end that the
 * connection has ended.
 */
export function collectResponses(
  parser: ResponseParser,
  reads: readonly Buffer[],
  expected: readonly Expected[],
  closes: boolean,
): Conversation {
  const conversation: Conversation = { messages: [], interim: [], fault: undefined, rest: '' };
  const awaited = [...expected];
  let current: CollectedMessage | undefined;
  let stopped = false;
  const next = (): void => {
    const request = awaited.shift();
    if (request !== undefined) parser.begin(request.method, request.upgradeAsked);
  };
  const note = (): void => {
    if (parser.state === 'interim') {
      conversation.interim.push(parser.status);
    } else if (parser.state === 'head') {
      current = {
        start: `1.${parser.versionMinor} ${parser.status} ${parser.reason}`,
        fields: parser.headers.entries(),
        framing: parser.framing,
        contentLength: parser.contentLength,
        keepAlive: parser.keepAlive,
        upgraded: parser.upgraded,
        body: '',
        trailers: [],
        ended: false,
      };
      conversation.messages.push(current);
    } else if (current !== undefined && parser.state === 'bodyChunk') {
      current.body += (parser.body as Buffer).toString('latin1');
    } else if (current !== undefined && parser.state === 'end') {
      current.ended = true;
      current.trailers = parser.trailers?.entries() ?? [];
      stopped = current.upgraded;
      if (!stopped && current.keepAlive === true) next();
    } else if (parser.state === 'fault') {
      conversation.fault = parser.fault?.code;
    }
  };
  next();
  for (const read of reads) {
    let at = 0;
    do {
      if (stopped) {
        conversation.rest += read.toString('latin1', at);
        break;
      }
      at = parser.consume(read, at);
      note();
      if (conversation.fault !== undefined) return conversation;
    } while (parser.state !== 'needMore' || at < read.length);
  }
  if (closes && !stopped) {
    parser.eof();
    note();
  }
  return conversation;
}
