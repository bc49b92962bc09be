import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect, type ClientHttp2Session } from 'node:http2';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually, RunningListener } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { Http2Target } from './http2-target.ts';
import type { PooledTarget } from './pooled-target.ts';
import { TargetPool } from './target-pool.ts';
import { forwardTo } from './testing/forwarding.ts';
import { Http2Origin } from './testing/http2-origin.ts';
import { RawOrigin } from './testing/raw-origin.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Bytes in buffers that are still referenced. Buffers are freed in the background, a while after
 * the collection.
 */
async function heldBytes(): Promise<number> {
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 20));
  return process.memoryUsage().arrayBuffers;
}

async function comesToRestBelow(bytes: number): Promise<void> {
  let held = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 40 && held > bytes; look++) held = await heldBytes();
  expect(held).toBeLessThan(bytes);
}

let wheel: TimerWheel;
let origin: RawOrigin;
let pool: TargetPool;
let running: RunningListener;
let client: RawClient;

async function start(started: RawOrigin): Promise<void> {
  origin = started;
  pool = new TargetPool(
    { protocol: 'http', address: origin.address, tls: { verify: true } },
    wheel,
  );
  running = await RunningListener.start(forwardTo(pool), { maxBodyBytes: 100_000_000 });
  client = await RawClient.connect(running.port);
}

beforeEach(() => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
});
afterEach(async () => {
  client.close();
  await running.stop();
  pool.close();
  origin.stop();
  wheel.stop();
});

const get = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;

describe('HTTP/2 on either side', () => {
  const over = async (target: PooledTarget): Promise<ClientHttp2Session> => {
    running = await RunningListener.start(forwardTo(target));
    client = await RawClient.connect(running.port);
    return connect(`http://127.0.0.1:${running.port}`);
  };
  const plain = (address: string, protocol: 'http' | 'h2c') => ({
    protocol,
    address,
    tls: { verify: true },
  });

  it('carries gRPC with its trailers from end to end, both ways at once', async () => {
    const grpc = await Http2Origin.start(({ stream }) => {
      stream.respond([':status', '200', 'content-type', 'application/grpc'], {
        waitForTrailers: true,
      });
      stream.on('data', (chunk: Buffer) => stream.write(`<${chunk.toString()}>`));
      stream.on('end', () => stream.end());
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }),
      );
    });
    const target = new Http2Target(plain(grpc.address, 'h2c'), wheel);
    origin = await RawOrigin.answering('');
    pool = new TargetPool(plain(origin.address, 'http'), wheel);
    const session = await over(target);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/pkg.Service/Call',
      ':authority': 'a.test',
      te: 'trailers',
      'content-type': 'application/grpc',
    });
    let body = '';
    let trailers: readonly string[] = [];
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
    stream.on('trailers', (_, __, raw) => (trailers = raw));
    for (const message of ['one', 'two', 'three']) {
      stream.write(message);
      await eventually(() => body.endsWith(`<${message}>`));
    }
    stream.end();
    await eventually(() => stream.closed);
    expect([body, trailers]).toEqual([
      '<one><two><three>',
      ['grpc-status', '0', 'grpc-message', 'fine'],
    ]);
    expect(grpc.streams[0]?.raw).toEqual(
      expect.arrayContaining([':path', '/pkg.Service/Call', 'te', 'trailers']),
    );
    session.destroy();
    target.close();
    grpc.stop();
  });

  it('forwards to HTTP/1.1', async () => {
    origin = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n',
    );
    pool = new TargetPool(plain(origin.address, 'http'), wheel);
    const session = await over(pool);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/a?b',
      ':authority': 'a.test',
      cookie: ['a=b', 'c=d'],
    });
    stream.end('hello');
    let fields: readonly string[] = [];
    let body = '';
    stream.on('response', (_, __, raw) => (fields = raw));
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
    await eventually(() => stream.closed);
    expect([fields.slice(0, 6), body]).toEqual([[':status', '200', 'x-a', '1', 'x-a', '2'], 'hi']);
    expect(origin.connections[0]?.received).toBe(
      'POST /a?b HTTP/1.1\r\nHost: a.test\r\nCookie: a=b; c=d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    session.destroy();
  });

  it('is forwarded to from HTTP/1.1', async () => {
    const h2c = await Http2Origin.start(({ stream, raw }) => {
      stream.respond([':status', '200', 'x-path', raw[raw.indexOf(':path') + 1] as string]);
      stream.on('end', () => stream.end('hello'));
    });
    const target = new Http2Target(plain(h2c.address, 'h2c'), wheel);
    origin = await RawOrigin.answering('');
    pool = new TargetPool(plain(origin.address, 'http'), wheel);
    const session = await over(target);
    session.destroy();
    client.send('POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi');
    const response = await client.readResponse();
    expect([response.headers.get('x-path'), response.body, h2c.streams[0]?.body]).toEqual([
      '/x',
      'hello',
      'hi',
    ]);
    target.close();
    h2c.stop();
  });
});

describe('listener and pool together', () => {
  it('carry a request and its response, each in one write', async () => {
    await start(
      await RawOrigin.answering(
        'HTTP/1.1 200 OK\r\nDate: D\r\nX: y\r\nContent-Length: 2\r\n\r\nhi',
      ),
    );
    client.send(get('/a?b', 'Connection: keep-alive\r\nX-A: b\r\n'));
    const expected = 'HTTP/1.1 200 OK\r\nDate: D\r\nX: y\r\nContent-Length: 2\r\n\r\nhi';
    expect(await client.readBytes(expected.length)).toBe(expected);
    expect(origin.connections[0]?.received).toBe(
      'GET /a?b HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\n\r\n',
    );
  });

  it('turn chunks into chunks, whatever their sizes were, and drop trailers', async () => {
    await start(
      await RawOrigin.answering(
        'HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nX: y\r\n\r\n',
      ),
    );
    client.send(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n',
    );
    const expected =
      'HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';
    expect(await client.readBytes(expected.length)).toBe(expected);
    expect(origin.connections[0]?.received).toBe(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
  });

  it('give every pipelined request its own response', async () => {
    await start(
      await RawOrigin.start(({ socket }) =>
        socket.on('data', (chunk: Buffer) => {
          const path = /^GET (\S+)/.exec(chunk.toString())?.[1] ?? '';
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
        }),
      ),
    );
    const paths = Array.from({ length: 50 }, (_, index) => `/${index}`);
    client.send(paths.map((path) => get(path)).join(''));
    for (const path of paths) expect((await client.readResponse()).body).toBe(path);
    expect(origin.connections.length).toBe(1);
  });

  it('deliver every byte of large responses to slow clients side by side', async () => {
    const contentOf = (tag: number): Buffer =>
      Buffer.alloc(3_000_000, createHash('sha256').update(String(tag)).digest());
    await start(
      await RawOrigin.start(({ socket }) =>
        socket.once('data', (chunk: Buffer) => {
          const content = contentOf(Number(/^GET \/(\d)/.exec(chunk.toString())?.[1]));
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`);
          socket.write(content);
        }),
      ),
    );
    const fetchSlowly = async (tag: number): Promise<boolean> => {
      const slow = await RawClient.connect(running.port);
      const stutter = setInterval(
        () => (slow.socket.isPaused() ? slow.socket.resume() : slow.socket.pause()),
        1 + tag,
      );
      slow.send(get(`/${tag}`));
      const { body } = await slow.readResponse();
      clearInterval(stutter);
      slow.close();
      return Buffer.from(body, 'latin1').equals(contentOf(tag));
    };
    expect(await Promise.all([1, 2, 3, 4].map(fetchSlowly))).toEqual([true, true, true, true]);
  });

  it('keep nothing of a large response while the client does not read', async () => {
    const total = 64_000_000;
    const block = Buffer.alloc(64_000, 'x');
    await start(
      await RawOrigin.start(({ socket }) =>
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
          let left = total / block.length;
          const pour = (): void => {
            while (left-- > 0) if (!socket.write(block)) return void socket.once('drain', pour);
          };
          pour();
        }),
      ),
    );
    let taken = 0;
    client.socket.removeAllListeners('data').on('data', (chunk: Buffer) => (taken += chunk.length));
    const before = await heldBytes();
    client.send(get('/'));
    for (let stop = 1; stop <= 3; stop++) {
      await eventually(() => taken > (stop * total) / 5);
      client.socket.pause();
      await comesToRestBelow(before + 1_500_000);
      client.socket.resume();
    }
    await eventually(() => taken > total);
  });

  it('keep nothing of a large request while the upstream does not read', async () => {
    const total = 64_000_000;
    const block = Buffer.alloc(64_000, 'x');
    let taken = 0;
    await start(
      await RawOrigin.start(({ socket }) => {
        socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
          taken += chunk.length;
          if (taken > total) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
        });
      }),
    );
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${total}\r\n\r\n`);
    await eventually(() => taken > 0);
    const before = await heldBytes();
    let left = total / block.length;
    const pour = (): void => {
      while (left-- > 0)
        if (!client.socket.write(block)) return void client.socket.once('drain', pour);
    };
    pour();
    const upstream = origin.connections[0]?.socket;
    for (let stop = 1; stop <= 3; stop++) {
      await eventually(() => taken > (stop * total) / 5);
      upstream?.pause();
      await comesToRestBelow(before + 1_500_000);
      upstream?.resume();
    }
    expect((await client.readResponse()).body).toBe('done');
    expect(pool.idleCount).toBe(1);
  });

  it('tunnel a WebSocket', async () => {
    await start(
      await RawOrigin.start(({ socket }) => {
        socket.once('data', () => {
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello ',
          );
          socket.on('data', (chunk: Buffer) => socket.write(chunk));
        });
      }),
    );
    client.send(
      get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n'),
    );
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await client.readBytes(head.length + 6)).toBe(`${head}hello `);
    for (let round = 0; round < 20; round++) {
      const message = `message ${round}`;
      client.send(message);
      expect(await client.readBytes(message.length)).toBe(message);
    }
    origin.connections[0]?.socket.end('bye');
    expect(await client.readToEnd()).toBe('bye');
  });

  it('close the upstream connection when the client disconnects', async () => {
    await start(await RawOrigin.answering(''));
    client.send(get('/'));
    await eventually(
      () => origin.connections[0]?.received !== undefined && origin.connections[0].received !== '',
    );
    client.reset();
    await eventually(() => origin.connections[0]?.closed === true && pool.openCount === 0);
  });
});
