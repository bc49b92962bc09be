import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deny, reply, type Exchange } from '@sluice/policy-sdk';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy, type RecordingOptions } from './testing/recording-policy.ts';

describe('a policy in shadow mode', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;

  beforeEach(async () => {
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = async (options: RecordingOptions): Promise<ProxyFixture> => {
    const named = (name: string) => recordingPolicy(() => undefined, { name, ...options });
    proxy = await ProxyFixture.start({
      policies: [named('first'), named('second')],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          policies: [
            { name: 'first', mode: 'shadow' },
            { name: 'second', mode: 'shadow' },
          ],
        }),
      ],
    });
    return proxy;
  };

  it.each([
    ['at once', () => deny('forbidden')],
    [
      'later',
      () =>
        new Promise<ReturnType<typeof deny>>((resolve) =>
          setTimeout(resolve, 2, deny('forbidden')),
        ),
    ],
  ] as const)(
    'that would refuse %s stops nothing; log and metrics say that it would have',
    async (_, act) => {
      const running = await start({ acts: { authorize: act } });
      expect(await running.get('/')).toMatchObject({ status: 200, body: 'ok' });
      const line = await running.line(0);
      expect(line).toMatchObject({ status: 200, source: 'upstream', shadow: ['first', 'second'] });
      expect(line).not.toHaveProperty('code');
      expect(
        running.counted('sluice_policy_denials_total', { policy: 'first', mode: 'shadow' }),
      ).toBe(1);
      expect(running.counted('sluice_policy_denials_total', { mode: 'enforce' })).toBe(0);
      expect(running.counted('sluice_errors_total')).toBe(0);
    },
  );

  it('does not answer the request', async () => {
    const running = await start({ acts: { answer: () => reply(204) } });
    expect(await running.get('/')).toMatchObject({ status: 200, body: 'ok' });
    expect((await running.line(0))['shadow']).toEqual(['first', 'second']);
  });

  it('does not affect request, response, caller or limits', async () => {
    const touch = (exchange: Exchange): undefined => {
      exchange.headers.set('X-Shadow', '1');
      exchange.headers.remove('accept');
      exchange.addResponseHeader('X-Shadow', '1');
      exchange.setResponseHeader('X-Shadow', '2');
      exchange.limitContent(0);
      exchange.identify(
        { id: 'c', username: 'shadow', customId: undefined, groups: [], groupIds: [], quotas: [] },
        { type: 'key', id: 'k', name: 'k', expiresAtMs: undefined },
      );
    };
    const running = await start({
      acts: { receive: touch, authenticate: touch, transform: touch },
      respond: (_exchange, response) => {
        response.status = 599;
        response.headers.set('X-Shadow', '3');
      },
    });
    const response = await running.send(
      'POST / HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nContent-Length: 3\r\n\r\nabc',
      'POST',
    );
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    expect(response.headers.has('x-shadow')).toBe(false);
    const received = origin.connections[0]?.received ?? '';
    expect(received).toContain('Accept: text/plain');
    expect(received).not.toMatch(/x-shadow|x-consumer/i);
    expect(received.endsWith('\r\n\r\nabc')).toBe(true);
    expect(await running.line(0)).not.toHaveProperty('consumer');
    expect(running.lines[0]).not.toHaveProperty('shadow');
  });

  it.each([
    [
      'at once',
      () => {
        throw new Error('broken');
      },
    ],
    ['later', () => Promise.reject(new Error('broken'))],
  ] as const)('that fails %s never reaches the request; it is noted', async (_, act) => {
    const running = await start({ acts: { limit: act } });
    expect((await running.get('/')).status).toBe(200);
    expect(running.notes.policyFaults.map(({ policy }) => policy)).toEqual(['first', 'second']);
    expect(running.notes.faults).toEqual([]);
  });
});
