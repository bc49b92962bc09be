import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { TargetPool } from './target-pool.ts';
import { originAnswering, okResponse, TargetPoolFixture } from './testing/target-pool-fixture.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('responses that are not well-formed', () => {
  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP/2 in text', 'HTTP/2 200\r\n\r\n'],
    ['status below 100', 'HTTP/1.1 099 No\r\n\r\n'],
    ['status above 599', 'HTTP/1.1 600 No\r\n\r\n'],
    [
      '101 unasked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'length with coding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nx'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n'],
    ['101 fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(101)}\r\n`],
    ['33 KiB of fields', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`],
    ['17 interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17) + okResponse('x')],
  ])('%s: 502, and the connection is destroyed', async (_, response) => {
    fixture.use(await originAnswering(response));
    const call = await fixture.send().over;
    expect([call.failure?.code, call.failure?.unsent, call.outcomes]).toEqual([
      'upstream_malformed_response',
      false,
      1,
    ]);
    await eventually(
      () => fixture.origin.connections[0]?.closed === true && fixture.pool.openCount === 0,
    );
  });

  it('malformed chunks fail the content', async () => {
    fixture.use(
      await originAnswering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\nzz\r\n',
      ),
    );
    expect(await fixture.send().over).toMatchObject({
      status: 200,
      body: 'he',
      contentFault: 'upstream_malformed_response',
      outcomes: 1,
    });
    await eventually(() => fixture.pool.openCount === 0);
  });

  it.each([
    ['by length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('content that ends early fails: %s', async (_, response) => {
    fixture.use(await originAnswering(response, ({ socket }) => socket.end()));
    expect(await fixture.send().over).toMatchObject({
      body: 'half',
      contentFault: 'upstream_reset',
    });
  });

  it('a reset fails content that is delimited by the end of the connection', async () => {
    fixture.use(
      await originAnswering('HTTP/1.1 200 OK\r\n\r\nhalf', ({ socket }) =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      ),
    );
    expect(await fixture.send().over).toMatchObject({
      body: 'half',
      contentFault: 'upstream_reset',
    });
  });

  it('content that fails before it is started reports the failure when it is started', async () => {
    fixture.use(
      await originAnswering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', ({ socket }) =>
        setTimeout(() => socket.resetAndDestroy(), 5),
      ),
    );
    let fault: string | undefined;
    fixture.send({
      onContent: (content) => {
        setTimeout(
          () =>
            content.start({
              data: () => true,
              end: () => (fault = 'ended'),
              fail: ({ code }) => (fault = code),
            }),
          40,
        );
      },
    });
    await eventually(() => fault !== undefined);
    expect(fault).toBe('upstream_reset');
  });
});

describe('upstreams that cannot be reached', () => {
  it('fail the call as unsent', async () => {
    fixture.use(await originAnswering(''));
    fixture.origin.stop();
    const content = new ScriptedContent(5);
    const { failure } = await fixture.send({ method: 'POST', content }).over;
    expect(failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(content.sink).toBeUndefined();
    await eventually(() => fixture.pool.openCount === 0);
  });

  it('fail the call when their name does not resolve', async () => {
    fixture.use(await originAnswering(''));
    fixture.pool = new TargetPool(
      { protocol: 'http', address: 'no-such-host.invalid:80', tls: { verify: true } },
      fixture.wheel,
    );
    expect((await fixture.send().over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
    });
  });
});
