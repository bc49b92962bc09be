import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../listener/testing/raw-client.ts';
import { RunningListener } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { TargetPool } from './target-pool.ts';
import { forwardTo } from './testing/forwarding.ts';
import { RawOrigin } from './testing/raw-origin.ts';

/**
 * No response ever reaches a client it was not meant for. Clients and an origin that misbehave in
 * every way we can think of, each request carrying a tag that its response must carry too.
 */
const CLIENTS = 12;
const ROUNDS = 40;

/** A small deterministic generator (mulberry32), so that a failure comes back. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Answers each request with its tag, in one of many ways; some of them break the connection. */
function misbehavingOrigin(random: () => number): Promise<RawOrigin> {
  return RawOrigin.start(({ socket }) => {
    let seen = '';
    // What is left of a request that was answered early.
    let unread = 0;
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      for (;;) {
        const skipped = Math.min(unread, seen.length);
        unread -= skipped;
        seen = seen.slice(skipped);
        const head = /^(\w+) \/(\S+) HTTP\/1\.1\r\n[^]*?\r\n\r\n/.exec(seen);
        if (head === null) return;
        const length = Number(/content-length: (\d+)/i.exec(head[0])?.[1] ?? 0);
        const early = length > 0 && random() < 0.2;
        if (!early && seen.length < head[0].length + length) return;
        seen = seen.slice(head[0].length);
        unread = length;
        answer(head[2] ?? '', early);
      }
    });
    const answer = (tag: string, early: boolean): void => {
      const body = `tag=${tag};`.repeat(1 + Math.floor(random() * 40));
      const whole = `HTTP/1.1 ${early ? 413 : 200} OK\r\nX-Tag: ${tag}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const choice = random();
      if (choice < 0.5) socket.write(whole);
      else if (choice < 0.6)
        socket.write(
          `HTTP/1.1 200 OK\r\nX-Tag: ${tag}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        );
      else if (choice < 0.7) {
        socket.write(whole.slice(0, whole.length / 2));
        setTimeout(() => socket.write(whole.slice(whole.length / 2)), 1);
      } else if (choice < 0.75)
        socket.write(`${whole}HTTP/1.1 200 OK\r\nX-Tag: stray\r\nContent-Length: 5\r\n\r\nstray`);
      else if (choice < 0.8) socket.end(whole);
      else if (choice < 0.84) socket.end(`HTTP/1.1 200 OK\r\nX-Tag: ${tag}\r\n\r\n${body}`);
      else if (choice < 0.88) socket.write(whole.slice(0, -3), () => socket.resetAndDestroy());
      else if (choice < 0.92) socket.resetAndDestroy();
      else if (choice < 0.96) {
        socket.write(whole);
        // Gives the connection up just when the next request may be on its way.
        const answeredAt = socket.bytesRead;
        setTimeout(() => {
          if (socket.bytesRead === answeredAt)
            socket.end('HTTP/1.1 408 Request Timeout\r\nX-Tag: stray\r\nContent-Length: 0\r\n\r\n');
        }, 1);
      } else {
        // A blocked event loop: everything that was sent meanwhile arrives at once.
        const until = performance.now() + 3;
        while (performance.now() < until);
        socket.write(whole);
      }
    };
  });
}

let wheel: TimerWheel;
let origin: RawOrigin;
let pool: TargetPool;
let running: RunningListener;
const random = generator(20_261_123);

beforeAll(async () => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
  origin = await misbehavingOrigin(random);
  pool = new TargetPool(
    { protocol: 'http', address: origin.address, tls: { verify: true } },
    wheel,
    { maxConnections: 6, keepAliveIdleMs: 20 },
  );
  running = await RunningListener.start(forwardTo(pool));
});
afterAll(async () => {
  await running.stop();
  pool.close();
  origin.stop();
  wheel.stop();
});

const counts = { answered: 0, failed: 0, cut: 0, aborted: 0, mismatched: 0 };

/** Sends a few tagged requests on one connection and checks whose answers come back. */
async function converse(name: string): Promise<void> {
  const client = await RawClient.connect(running.port);
  const tags = Array.from(
    { length: 1 + Math.floor(random() * 5) },
    (_, index) => `${name}-${index}`,
  );
  const methods = tags.map(() => (random() < 0.3 ? 'POST' : 'GET'));
  const requests = tags.map((tag, index) => {
    const body = methods[index] === 'POST' ? 'x'.repeat(Math.floor(random() * 3_000)) : '';
    const fields = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    return `${methods[index] === 'POST' ? 'POST' : 'GET'} /${tag} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`;
  });
  client.send(requests.join(''));
  try {
    for (const [index, tag] of tags.entries()) {
      if (random() < 0.05) {
        counts.aborted++;
        client.reset();
        return;
      }
      const { status, headers, body } = await client.readResponse();
      // A POST cannot be sent again: it hears what the upstream said when it gave the connection
      // up.
      const isGivenUp = status === 408 && methods[index] === 'POST';
      if (status === 502 || isGivenUp) counts.failed++;
      else if (headers.get('x-tag') !== tag || body.replaceAll(`tag=${tag};`, '') !== '')
        counts.mismatched++;
      else counts.answered++;
    }
  } catch {
    // The upstream broke off inside a response, and so did ours.
    counts.cut++;
  } finally {
    client.close();
  }
}

describe('a soak of tagged requests', () => {
  it('never delivers a response to another request', async () => {
    const talk = async (client: number): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) await converse(`${client}-${round}`);
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => talk(index)));
    expect(counts.mismatched).toBe(0);
    expect(counts.answered).toBeGreaterThan(CLIENTS * ROUNDS);
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.aborted).toBeGreaterThan(0);
    expect(running.refusals).toEqual([]);
  });
});
