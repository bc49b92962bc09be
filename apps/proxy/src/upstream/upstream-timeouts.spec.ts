import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { originAnswering, okResponse, TargetPoolFixture } from './testing/target-pool-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('timeouts', () => {
  it('to the first byte', async () => {
    fixture.use(await originAnswering(''));
    const { failure } = await fixture.send({ timeouts: { firstByteMs: 50 } }).over;
    expect(failure).toMatchObject({
      code: 'upstream_timeout',
      unsent: false,
      replayable: true,
      reason: expect.stringContaining('50 ms'),
    });
    await eventually(() => fixture.origin.connections[0]?.closed === true);
  });

  it('to the first byte begin when the request is sent', async () => {
    fixture.use(await originAnswering(''));
    const content = new ScriptedContent(4);
    const call = fixture.send({ method: 'POST', content, timeouts: { firstByteMs: 60 } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(call.outcomes).toBe(0);
    content.give('done');
    content.end();
    expect((await call.over).failure).toMatchObject({
      code: 'upstream_timeout',
      replayable: false,
    });
  });

  it('without a byte of content', async () => {
    fixture.use(await originAnswering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    expect(await fixture.send({ timeouts: { idleMs: 60 } }).over).toMatchObject({
      body: 'half',
      contentFault: 'upstream_timeout',
    });
  });

  it('without a byte exclude the time of the client', async () => {
    fixture.use(await originAnswering(okResponse('hello')));
    let body = '';
    const call = fixture.send({
      timeouts: { idleMs: 40 },
      onContent: (content) => {
        setTimeout(
          () =>
            content.start({
              data: (chunk) => ((body += chunk.toString()), true),
              end: () => undefined,
              fail: () => (body = 'failed'),
            }),
          150,
        );
      },
    });
    await eventually(() => body !== '');
    expect([body, call.failure]).toEqual(['hello', undefined]);
  });

  it('in which the upstream does not read', async () => {
    fixture.use(await RawOrigin.start(({ socket }) => void socket.pause()));
    const content = new ScriptedContent(-1, (source) => {
      while (source.give('x'.repeat(60_000)));
    });
    expect(
      (await fixture.send({ method: 'POST', content, timeouts: { idleMs: 60 } }).over).failure,
    ).toMatchObject({ code: 'upstream_timeout', replayable: false });
    expect(content.cancelled).toBe(true);
  });

  it('for the whole exchange', async () => {
    fixture.use(
      await originAnswering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
        ({ socket }) => {
          const drip = setInterval(() => socket.write('1\r\nx\r\n'), 10);
          socket.on('close', () => clearInterval(drip));
        },
      ),
    );
    expect(await fixture.send({ timeouts: { totalMs: 120 } }).over).toMatchObject({
      status: 200,
      contentFault: 'upstream_timeout',
    });
  });
});

describe('an aborted call', () => {
  it('reports nothing more, and its connection is closed', async () => {
    fixture.use(await originAnswering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    let heard = '';
    const call = fixture.send({
      onContent: (content) =>
        content.start({
          data: (chunk) => ((heard += chunk.toString()), true),
          end: () => (heard = 'end'),
          fail: () => (heard = 'fail'),
        }),
    });
    await eventually(() => heard === 'half');
    call.call.abort();
    await eventually(
      () => fixture.origin.connections[0]?.closed === true && fixture.pool.openCount === 0,
    );
    expect(heard).toBe('half');
    call.call.abort();
  });

  it('that was complete leaves its connection alone', async () => {
    fixture.use(await originAnswering(okResponse('x')));
    const call = await fixture.send().over;
    call.call.abort();
    expect(fixture.pool.idleCount).toBe(1);
  });

  it('is aborted while it connects', async () => {
    fixture.use(await originAnswering(okResponse('x')));
    const call = fixture.send();
    call.call.abort();
    await eventually(() => fixture.pool.openCount === 0);
    expect(call.outcomes).toBe(0);
  });
});
