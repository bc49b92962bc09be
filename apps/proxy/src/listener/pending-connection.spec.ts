import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { takeHandles } from './connection-handle.ts';
import type { ListenerOptions } from './listener-options.ts';
import { MAX_HELD_BYTES } from '../net/shared-read-buffer.ts';
import { ListenerFixture, soon } from './testing/listener-fixture.ts';
import { echo, eventually } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

const serve = async (options: Partial<ListenerOptions> = {}): Promise<void> => {
  await fixture.serve(echo, options);
};
const count = (): number => fixture.running.listener.connectionCount;

/** A head whose bytes up to its last line are as many as asked for. */
const headOf = (bytes: number): string => {
  const begin = 'GET /long HTTP/1.1\r\nHost: a.test\r\nX-Long: ';
  return begin + 'x'.repeat(bytes - begin.length);
};

describe('a pending connection', () => {
  it.each<[string, string]>([
    ['a request', 'GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    [
      'a request with content',
      'POST /b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
    ],
    [
      'two requests',
      'GET /c HTTP/1.1\r\nHost: a.test\r\n\r\nGET /d HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
    ],
    ['an empty line before the request', '\r\nGET /e HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['two empty lines', '\r\n\r\nGET /f HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a bare CR', '\rGET /g HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a bare LF at the end of a line', 'GET /h HTTP/1.1\nHost: a.test\r\n\r\n'],
    ['white space before a colon', 'GET /i HTTP/1.1\r\nHost : a.test\r\n\r\n'],
    ['something other than HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['what begins as HTTP/2 does', 'PRINT /j HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a preface that goes wrong', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\rX'],
  ])(
    'gets the same response for every division of its bytes into reads: %s',
    async (_, message) => {
      await serve();
      let wholeBytes = 0;
      /**
       * Waits until nothing more comes, and for as many bytes as the uncut message is answered
       * with.
       */
      const answerTo = async (cuts: readonly number[], leastBytes = 1): Promise<string> => {
        const client = await fixture.open();
        for (const [index, from] of [0, ...cuts].entries()) {
          if (index > 0) await soon(8);
          client.send(message.slice(from, cuts[index] ?? message.length));
        }
        let length = -1;
        for (
          let turn = 0;
          turn < 200 && (client.received.length < leastBytes || client.received.length !== length);
          turn++
        ) {
          length = client.received.length;
          await soon(40);
        }
        wholeBytes = Math.max(wholeBytes, client.received.length);
        return client.received.toString('latin1').replaceAll(/^Date: .*\r\n/gm, '');
      };
      const whole = await answerTo([]);
      expect(whole).toMatch(/^HTTP\/1\.1 [245]\d\d /);
      const positions = Array.from(
        { length: Math.min(message.length - 1, 40) },
        (__, index) => index + 1,
      );
      const answers = await Promise.all([
        ...positions.map((at) => answerTo([at], wholeBytes)),
        answerTo(
          positions.filter((at) => at % 3 === 0),
          wholeBytes,
        ),
      ]);
      expect(new Set(answers)).toEqual(new Set([whole]));
    },
  );

  it('becomes an HTTP/1.1 connection after more bytes than it may hold, and keeps its head timeout', async () => {
    await serve({ headerTimeoutMs: 300 });
    const client = await fixture.open();
    const head = headOf(MAX_HELD_BYTES + 200);
    const start = performance.now();
    client.send(head.slice(0, 500));
    await soon(100);
    client.send(head.slice(500, MAX_HELD_BYTES));
    await soon(100);
    client.send(head.slice(MAX_HELD_BYTES));
    expect((await client.readResponse()).status).toBe(408);
    expect(performance.now() - start).toBeLessThan(450);
    expect(fixture.running.refusals.map(({ code }) => code)).toEqual(['request_timeout']);
  });

  it.each([MAX_HELD_BYTES - 1, MAX_HELD_BYTES, MAX_HELD_BYTES + 1])(
    'is served when the first %s bytes of its head arrive in two reads',
    async (bytes) => {
      await serve();
      const client = await fixture.open();
      client.send(headOf(bytes).slice(0, bytes - 10));
      await soon();
      client.send(headOf(bytes).slice(bytes - 10));
      await soon();
      client.send('\r\n\r\n');
      expect((await client.readResponse()).body).toBe('GET a.test/long ');
    },
  );

  it('restarts its head timeout at its first byte', async () => {
    await serve({ headerTimeoutMs: 200 });
    const client = await fixture.open();
    await soon(130);
    client.send('GET /late HTTP/1.1\r\n');
    await soon(130);
    client.send('Host: a.test\r\n\r\n');
    expect((await client.readResponse()).status).toBe(200);
  });

  it('that ends its side within a head receives a response about the incomplete head', async () => {
    await serve();
    const client = await fixture.open();
    client.send('GET /cut HTTP/1.1\r\nHo');
    await soon();
    client.endSending();
    expect((await client.readResponse()).status).toBe(400);
    expect(await client.readToEnd()).toBe('');
    expect(fixture.running.refusals.map(({ reason }) => reason)).toHaveLength(1);
    await eventually(() => count() === 0);
  });

  it('that ends its side before it has sent anything is closed without a response', async () => {
    await serve();
    const client = await fixture.open();
    await eventually(() => count() === 1);
    client.endSending();
    expect(await client.readToEnd()).toBe('');
    expect([count(), fixture.running.refusals]).toEqual([0, []]);
  });

  it.each(['', 'GET /gone HTTP/1.1\r\nHo'])(
    'that resets the connection is no longer counted, and no refusal is reported: %j',
    async (sent) => {
      await serve({ maxConnectionsPerAddress: 1 });
      const client = await fixture.open();
      if (sent !== '') client.send(sent);
      await soon();
      expect(count()).toBe(1);
      client.reset();
      await eventually(() => count() === 0);
      expect(fixture.running.refusals).toEqual([]);
      const next = await fixture.open();
      next.send('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n');
      expect((await next.readResponse()).status).toBe(200);
    },
  );

  it('that received a 408 stays counted until it is closed', async () => {
    await serve({ headerTimeoutMs: 40, lingerMs: 200 });
    const client = await fixture.open();
    client.send('GET /slow');
    expect((await client.readResponse()).status).toBe(408);
    expect(count()).toBe(1);
    expect(await client.readToEnd()).toBe('');
    // It sends on, and does not close: after the time to linger it is cut off.
    client.send('more');
    await eventually(() => count() === 0);
  });

  it('may complete its head while the listener drains; one that has sent nothing is closed', async () => {
    await serve({ drainIdleMs: 60 });
    const [silent, begun] = [await fixture.open(), await fixture.open()];
    begun.send('GET /begun HTTP/1.1\r\nHost: a.t');
    await soon();
    const drained = fixture.running.listener.drain(2_000);
    expect(await silent.readToEnd()).toBe('');
    await soon(100);
    begun.send('est\r\n\r\n');
    const response = await begun.readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    begun.close();
    await drained;
  });

  it('is closed with the listener', async () => {
    await serve();
    const [silent, begun] = [await fixture.open(), await fixture.open()];
    begun.send('GET /begun');
    await eventually(() => count() === 2);
    await soon();
    await fixture.running.listener.close();
    expect([await silent.readToEnd(), await begun.readToEnd(), count()]).toEqual(['', '', 0]);
  });
});

describe('takeHandles', () => {
  it.each<[string, object | null]>([
    ['no handle', null],
    ['a handle that does not call back', {}],
    ['a handle that lacks what is used of it', { onconnection: () => undefined }],
  ])('names the Node version to use when handles are different: %s', async (_, handle) => {
    await serve();
    const server = Object.assign(createServer(), { _handle: handle });
    expect(() =>
      takeHandles(
        server,
        () => undefined,
        () => undefined,
      ),
    ).toThrow('use the version that package.json names');
  });
});
