import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../listener/testing/running-listener.ts';
import { SocketWriter } from './socket-writer.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SocketWriter', () => {
  let server: Server;
  let socket: Socket;
  let peer: Socket;
  let writer: SocketWriter;
  let received: string;
  let blocked: number;
  /** What the socket was given, write by write. */
  let written: string[];

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    [peer] = (await once(server, 'connection')) as [Socket];
    if (socket.connecting) await once(socket, 'connect');
    received = '';
    peer.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    written = [];
    const write = socket.write.bind(socket) as (
      chunk: string | Buffer,
      ...rest: unknown[]
    ) => boolean;
    socket.write = ((chunk: string | Buffer, ...rest: unknown[]) => {
      written.push(chunk.toString('latin1'));
      return write(chunk, ...rest);
    }) as typeof socket.write;
    blocked = 0;
    writer = new SocketWriter(socket, () => void blocked++);
  });
  afterEach(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });

  it('writes all text of a turn at once at the end of the turn', async () => {
    expect([writer.send('a'), writer.send('bc'), writer.bytesSent]).toEqual([true, true, 3]);
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(['abc']);
    writer.send('d');
    await nextTurn();
    expect(written).toEqual(['abc', 'd']);
    await eventually(() => received === 'abcd');
  });

  it('keeps the order of text, content and flushes', async () => {
    writer.send('head ');
    writer.sendContent('5 ', Buffer.from('hello'), ' end');
    writer.send(' more');
    writer.flush();
    writer.flush();
    writer.send(' last');
    await nextTurn();
    expect(written).toEqual(['head 5 ', 'hello', ' end', ' more', ' last']);
    await eventually(() => received === 'head 5 hello end more last');
    expect(writer.bytesSent).toBe(received.length);
  });

  it('writes long text at once', () => {
    writer.send('x'.repeat(32 * 1024));
    expect(written).toEqual([]);
    writer.send('y');
    expect(written.map(({ length }) => length)).toEqual([32 * 1024 + 1]);
  });

  it('reports backpressure once, and returns false until it ends', async () => {
    peer.pause();
    const piece = 'x'.repeat(1024 * 1024);
    for (let pieces = 0; pieces < 64 && writer.send(piece); pieces++);
    expect([writer.blocked, blocked, writer.send('more'), writer.flush(), blocked]).toEqual([
      true,
      1,
      false,
      false,
      1,
    ]);
    const all = writer.bytesSent;
    peer.resume();
    await eventually(() => received.length === all);
  });

  it('sends nothing on a destroyed socket', async () => {
    writer.send('secret');
    socket.destroy();
    await nextTurn();
    expect([written, writer.flush()]).toEqual([[], true]);
  });
});
