import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { originAnswering, TargetPoolFixture } from './testing/target-pool-fixture.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('upgrades', () => {
  it('hand over the connection with the bytes after the 101', async () => {
    fixture.use(
      await originAnswering(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nfirst',
        ({ socket }) => socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString()}>`)),
      ),
    );
    const call = await fixture.send({ upgrade: true, headers: { 'Sec-WebSocket-Key': 'k' } }).over;
    expect(fixture.origin.connections[0]?.received).toBe(
      'GET / HTTP/1.1\r\nSec-WebSocket-Key: k\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect([call.headers, call.tunnel?.head.toString(), call.outcomes]).toEqual([
      [['sec-websocket-accept', 'x']],
      'first',
      1,
    ]);
    expect(fixture.pool.openCount).toBe(0);
    let echoed = '';
    call.tunnel?.stream.on('data', (chunk: Buffer) => (echoed += chunk.toString()));
    call.tunnel?.stream.resume();
    call.tunnel?.stream.write('ping');
    await eventually(() => echoed === '<ping>');
    call.tunnel?.stream.destroy();
  });

  it('that are refused are responses like any other', async () => {
    fixture.use(await originAnswering('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    expect(await fixture.send({ upgrade: true }).over).toMatchObject({
      status: 403,
      body: 'no',
      tunnel: undefined,
    });
    expect(fixture.pool.idleCount).toBe(1);
  });
});
