import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { connect, createServer, type Socket } from 'node:net';
import type { Downstream } from '../exchange/downstream.ts';
import type { TunnelFault } from '../exchange/tunnel.ts';
import { get, ListenerFixture, ok, soon } from './testing/listener-fixture.ts';
import { eventually } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

describe('tunnels', () => {
  /** A raw server that stands for an upstream that has already switched protocols. */
  const upstream = (behave: (socket: Socket) => void) =>
    new Promise<{ port: number; close(): void }>((resolve) => {
      const server = createServer({ allowHalfOpen: true }, behave).listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve({
          port: typeof address === 'object' ? (address?.port ?? 0) : 0,
          close: () => server.close(),
        });
      });
    });
  const websocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

  it('holds bytes after the request until the upgrade, then copies bytes in both directions', async () => {
    const seen: string[] = [];
    const server = await upstream((socket) => {
      socket.on(
        'data',
        (chunk) => (seen.push(chunk.toString()), socket.write(`<${chunk.toString()}>`)),
      );
      socket.on('end', () => socket.end());
    });
    let over = false;
    let counts: Downstream | undefined;
    await fixture.serve((downstream) => {
      counts = downstream;
      expect(downstream.wantsUpgrade).toBe(true);
      const stream = connect(server.port, '127.0.0.1');
      setTimeout(() => {
        expect(seen).toEqual([]);
        downstream.upgrade(
          HeaderList.of({ 'Sec-WebSocket-Accept': 'x' }),
          { stream, head: Buffer.from('early '), idleMs: 60_000 },
          () => (over = true),
        );
      }, 20);
    });
    const client = await fixture.open();
    client.send(`${get('/ws', websocket)}held`);
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await client.readBytes(head.length)).toBe(head);
    expect(await client.readUntil('<held>')).toBe('early <held>');
    client.send('more');
    expect(await client.readUntil('<more>')).toBe('<more>');
    client.close();
    await eventually(() => over);
    expect([counts?.bytesReceived, counts?.bytesSent]).toEqual([
      get('/ws', websocket).length + 8,
      head.length + 6 + 12,
    ]);
    server.close();
  });

  it('pass on a large amount through a slow reader without keeping it', async () => {
    const total = 8_000_000;
    const server = await upstream((socket) => {
      socket.on('error', () => undefined);
      socket.write(Buffer.alloc(total, 'u'), () => socket.end());
    });
    let stream: Socket | undefined;
    await fixture.serve((downstream) => {
      stream = connect(server.port, '127.0.0.1');
      downstream.upgrade(
        new HeaderList(),
        { stream, head: Buffer.alloc(0), idleMs: 60_000 },
        () => undefined,
      );
    });
    const client = await fixture.open();
    client.send(get('/', websocket));
    await client.readUntil('\r\n\r\n');
    client.socket.pause();
    await soon(50);
    expect(stream?.bytesRead ?? 0).toBeLessThan(total);
    client.socket.resume();
    expect((await client.readToEnd()).length).toBe(total);
    server.close();
  });

  it('are destroyed when idle, and when either side fails', async () => {
    const closed: string[] = [];
    const server = await upstream((socket) => {
      socket.on('error', () => undefined).resume();
      socket.on('end', () => socket.end());
      socket.on('close', () => closed.push('upstream'));
    });
    let overs = 0;
    // Only the first tunnel is idle for too long, however busy the machine is.
    let idleMs = 60;
    const faults: (TunnelFault | undefined)[] = [];
    await fixture.serve(
      (downstream) => {
        const tunnel = {
          stream: connect(server.port, '127.0.0.1'),
          head: Buffer.alloc(0),
          idleMs,
        };
        downstream.upgrade(new HeaderList(), tunnel, (fault) => (overs++, faults.push(fault)));
      },
      { lingerMs: 50 },
    );
    const idle = await fixture.open();
    idle.send(get('/', websocket));
    await idle.readToEnd();
    idleMs = 60_000;
    const broken = await fixture.open();
    broken.send(get('/', websocket));
    await broken.readUntil('\r\n\r\n');
    broken.reset();
    await eventually(() => closed.length === 2 && overs === 2);
    expect(faults).toEqual([
      { errorType: 'tunnel_idle', reason: 'no byte passed for 60 ms' },
      { errorType: 'client_closed_request', reason: 'the client connection failed' },
    ]);
    server.close();
  });

  it('are refused like any request, and the connection stays open', async () => {
    await fixture.serve(ok);
    const client = await fixture.open();
    client.send(get('/a', websocket) + get('/b'));
    expect((await client.readResponse()).body).toBe('/a');
    expect((await client.readResponse()).body).toBe('/b');
  });
});
