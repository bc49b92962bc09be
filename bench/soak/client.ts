import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResponseParser } from '@sluice/http1';
import { behaviours, latePoison, mustAnswer, type Behaviour } from './behaviours.ts';
import type { Random } from './random.ts';

/** The outcome of all exchanges so far. */
export class Tally {
  /** Complete responses that were the request's own. */
  matched = 0;
  /** Answers of the gateway itself (502 and the like) to what the origin broke. */
  refused = 0;
  /** Exchanges that ended without a complete response because one side hung up. */
  cut = 0;
  /** Responses that were meant for another request. There must be none. */
  readonly mismatches: string[] = [];

  get exchanges(): number {
    return this.matched + this.refused + this.cut;
  }
}

interface Sent {
  readonly tag: string;
  readonly behaviour: Behaviour;
  readonly method: string;
}

const maxReported = 20;
/** Between the requests of the late-poison lane. */
const pauseMs = 40;
let tagCounter = 0;

/**
 * One client connection of the soak: sends a random number of requests, pipelined or one by one,
 * with content or without, checks that every response carries the tag of the request it answers,
 * and may hang up at any point.
 */
export function runConnection(
  port: number,
  random: Random,
  tally: Tally,
  lane: 'crowd' | 'late-poison' = 'crowd',
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const parser = new ResponseParser();
    const awaited: Sent[] = [];
    const inCrowd = lane === 'crowd';
    const pipelines = inCrowd && random.percent(25);
    let left = 1 + random.below(60);
    let begun = false;
    let body = '';
    const timer = setTimeout(() => socket.destroy(), 20_000);

    const sendSome = (): void => {
      if (socket.destroyed) return;
      for (
        let count = pipelines ? 1 + random.below(6) : 1;
        count > 0 && left > 0;
        count--, left--
      ) {
        const sent: Sent = {
          tag: `t${(tagCounter++).toString(36)}`,
          behaviour: inCrowd ? random.weighted(behaviours) : latePoison,
          method: random.weighted(methods),
        };
        awaited.push(sent);
        writeRequest(socket, sent, random);
      }
      if (inCrowd && random.percent(1.5))
        setTimeout(
          () => (random.percent(50) ? socket.destroy() : socket.resetAndDestroy()),
          random.below(4),
        );
    };
    const finish = (sent: Sent, whole: boolean): void => {
      const problem = whole
        ? findMismatch(sent, parser.status, parser.headers.get('x-tag'), body)
        : undefined;
      if (problem !== undefined) {
        if (tally.mismatches.length < maxReported) tally.mismatches.push(problem);
      } else if (!whole) tally.cut++;
      else if (parser.headers.has('x-tag')) tally.matched++;
      else tally.refused++;
      body = '';
      begun = false;
    };

    // The lane's last connection may have ended just now.
    socket.on('connect', () => void (inCrowd ? sendSome() : sleep(pauseMs).then(sendSome)));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      let at = 0;
      while (!socket.destroyed) {
        const [current] = awaited;
        if (current !== undefined && !begun) {
          begun = true;
          parser.begin(current.method, false);
        }
        at = parser.consume(chunk, at);
        if (parser.state === 'bodyChunk') body += parser.body?.toString('latin1') ?? '';
        else if (parser.state === 'end' && current !== undefined) {
          awaited.shift();
          finish(current, true);
          if (!parser.keepAlive || (awaited.length === 0 && left === 0)) socket.destroy();
          else if (awaited.length === 0)
            void (inCrowd ? sendSome() : sleep(pauseMs).then(sendSome));
        } else if (parser.state === 'fault') {
          if (tally.mismatches.length < maxReported)
            tally.mismatches.push(
              `the proxy sent an unsolicited or malformed response: ${parser.fault?.reason ?? ''}`,
            );
          socket.destroy();
        }
        if (parser.state === 'needMore') break;
      }
    });
    socket.on('close', () => {
      clearTimeout(timer);
      // What was received of the first one may be a whole body that ends with the connection.
      const [current] = awaited;
      if (current !== undefined && begun) {
        parser.eof();
        finish(current, parser.state === 'end');
        awaited.shift();
      }
      tally.cut += awaited.length;
      resolve();
    });
  });
}

const methods = [
  ['GET', 70],
  ['POST', 20],
  ['HEAD', 5],
  ['PUT', 5],
] as const;

function writeRequest(socket: Socket, { tag, behaviour, method }: Sent, random: Random): void {
  const head = `${method} /soak/${behaviour}/${tag} HTTP/1.1\r\nHost: soak\r\nX-Tag: ${tag}\r\n`;
  const hasContent = method === 'POST' || method === 'PUT';
  const content = hasContent ? `${tag};`.repeat(random.below(random.percent(3) ? 3000 : 20)) : '';
  const framed = !hasContent
    ? `${head}\r\n`
    : random.percent(50)
      ? `${head}Content-Length: ${content.length}\r\n\r\n${content}`
      : `${head}Transfer-Encoding: chunked\r\n\r\n${content === '' ? '' : `${content.length.toString(16)}\r\n${content}\r\n`}0\r\n\r\n`;
  if (random.percent(90)) return void socket.write(framed, 'latin1');
  const cut = random.below(framed.length);
  socket.write(framed.slice(0, cut), 'latin1');
  // Sent in the same turn, so that pipelined requests stay in order, but as a write of its own.
  socket.write(framed.slice(cut), 'latin1');
}

/** Says what is wrong with a complete response; undefined when it is the request's own. */
export function findMismatch(
  sent: Sent,
  status: number,
  tag: string | undefined,
  body: string,
): string | undefined {
  const where = `${sent.method} ${sent.behaviour} ${sent.tag}`;
  if (tag === undefined) {
    // An answer of the gateway: only where the origin gave no usable response, and never with
    // content of another response.
    if (status < 400) return `${where}: a response without a tag, status ${status}`;
    return body.includes(';') ? `${where}: content of another response in an error` : undefined;
  }
  if (tag !== sent.tag) return `${where}: got the response of ${tag}`;
  if (body !== '' && body.split(';').some((part) => part !== '' && part !== sent.tag))
    return `${where}: bytes of another response in the content`;
  if (!mustAnswer(sent.behaviour) && status === 200 && sent.method !== 'HEAD')
    return `${where}: a truncated response was forwarded as a complete one`;
  return undefined;
}
