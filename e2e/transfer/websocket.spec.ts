import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('a WebSocket', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(await Origin.start('chat'));
    origin.onUpgrade((request, socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    stack = started.use(await Stack.start());
    await registerService(stack.admin, 'chat', [origin.address]);
    await registerService(stack.admin, 'locked', [origin.address], {
      route: { policies: [{ name: 'key-auth' }] },
    });
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('is tunnelled both ways once the upstream has agreed, early bytes included', async () => {
    const text = await exchange(stack.proxy.port, '/chat/room', 'early bytes', ' and later ones');
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe('early bytes and later ones');
  });

  it('is refused like any other request, and no byte of it reaches the upstream', async () => {
    const before = origin.received.length;
    const text = await exchange(stack.proxy.port, '/locked/room', 'early bytes', '');
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(origin.received.length).toBe(before);
  });
});

function exchange(port: number, path: string, early: string, late: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, 3000);
    socket.on('error', reject);
    socket.on('close', done);
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      const first = text === '';
      text += part;
      if (first && late !== '') setTimeout(() => socket.write(late), 50);
      if (text.endsWith(early + late)) done();
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${early}`,
    );
  });
}
