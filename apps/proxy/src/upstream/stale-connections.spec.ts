import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { okResponse, TargetPoolFixture } from './testing/target-pool-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('a connection that was used before and turns out to be closed', () => {
  /** Answers the first request of a connection, and resets it upon the second. */
  const stale = (): Promise<RawOrigin> =>
    RawOrigin.start(({ socket }, { connections }) => {
      const isFirst = connections.length === 1;
      let requests = 0;
      socket.on('data', () =>
        isFirst && ++requests > 1
          ? socket.resetAndDestroy()
          : socket.write(okResponse(`connection ${connections.length}`)),
      );
    });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s without content is sent once more, on a new one',
    async (method) => {
      fixture.use(await stale());
      await fixture.send().over;
      const call = fixture.send({ method, onContent: (content) => content.cancel() });
      await eventually(() => call.outcomes > 0);
      expect([call.status, call.failure]).toEqual([200, undefined]);
      expect(fixture.origin.connections.length).toBe(2);
      expect(fixture.origin.connections[1]?.received).toContain(`${method} / HTTP/1.1`);
    },
  );

  it.each([
    ['POST', undefined, true],
    ['PUT', 'content', false],
  ])('%s with content %s fails truthfully', async (method, body, replayable) => {
    fixture.use(await stale());
    await fixture.send().over;
    const content = new ScriptedContent(
      body?.length ?? 0,
      (source) => (source.give(body ?? ''), source.end()),
    );
    const { failure } = await fixture.send({ method, ...(body === undefined ? {} : { content }) })
      .over;
    expect(failure).toMatchObject({ code: 'upstream_reset', unsent: false, replayable });
    expect(fixture.origin.connections.length).toBe(1);
  });

  it('and that answered 408 is closed: GET is sent once more, POST receives the 408', async () => {
    fixture.use(
      await RawOrigin.start(({ socket }) => {
        let requests = 0;
        socket.on('data', () =>
          socket.write(
            ++requests === 1
              ? okResponse('x')
              : 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n',
          ),
        );
      }),
    );
    await fixture.send().over;
    expect((await fixture.send().over).body).toBe('x');
    expect((await fixture.send({ method: 'POST' }).over).status).toBe(408);
    expect((await fixture.send().over).body).toBe('x');
    expect(fixture.origin.connections.length).toBe(3);
  });

  it('is retried once only: a new one that fails is a failure', async () => {
    fixture.use(
      await RawOrigin.start(({ socket }, { connections }) => {
        let requests = 0;
        socket.on('data', () =>
          connections.length === 1 && ++requests === 1
            ? socket.write(okResponse('x'))
            : socket.resetAndDestroy(),
        );
      }),
    );
    await fixture.send().over;
    expect((await fixture.send().over).failure).toMatchObject({
      code: 'upstream_reset',
      unsent: false,
      replayable: true,
    });
    expect(fixture.origin.connections.length).toBe(2);
  });

  it('is no reason to retry after the first byte of a response', async () => {
    fixture.use(
      await RawOrigin.start(({ socket }) => {
        let requests = 0;
        socket.on('data', () => {
          if (++requests === 1) socket.write(okResponse('x'));
          else socket.end('HTTP/1.1 2');
        });
      }),
    );
    await fixture.send().over;
    expect((await fixture.send().over).failure).toMatchObject({ code: 'upstream_reset' });
    expect(fixture.origin.connections.length).toBe(1);
  });
});
