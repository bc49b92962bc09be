import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resource } from '../runtime/testing/resources.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { later } from './testing/body-fixture.ts';
import { cachePolicy } from './testing/cache-policy.ts';
import { ContentOrigin } from './testing/content-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';

describe('a cache in answer and received, beside cors and rate-limit', () => {
  let origin: ContentOrigin;
  let proxy: ProxyFixture;
  let fails = false;

  beforeEach(async () => {
    fails = false;
    origin = await ContentOrigin.start(async ({ url }, response, { requests }) => {
      await later(50);
      if (fails) return void response.destroy();
      response.setHeader('Vary', 'Accept-Encoding').end(`${url} ${requests.length}`);
    });
    proxy = await ProxyFixture.start({
      policies: [cachePolicy],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          policies: [
            { name: 'cors', config: { origins: ['https://a.test', 'https://b.test'] } },
            {
              name: 'rate-limit',
              config: { limit: 100, windowSeconds: 60, by: 'header:X-Caller' },
            },
            { name: 'test-cache', config: {} },
          ],
        }),
      ],
    });
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
    expect(proxy.buffers.used).toBe(0);
  });

  const ask = (caller: string, from: string) =>
    proxy.get('/x', `X-Caller: ${caller}`, `Origin: https://${from}.test`);

  it('hands no caller the fields of another one', async () => {
    const first = await ask('one', 'a');
    const again = await ask('one', 'a');
    const other = await ask('two', 'b');
    const foreign = await ask('three', 'elsewhere');
    expect([first, again, other, foreign].map(({ body }) => body)).toEqual(Array(4).fill('/x 1'));
    const field = (name: string) =>
      [first, again, other, foreign].map(({ headers }) => headers.get(name));
    expect(field('access-control-allow-origin')).toEqual([
      'https://a.test',
      'https://a.test',
      'https://b.test',
      undefined,
    ]);
    expect(field('x-ratelimit-remaining')).toEqual(['99', '98', '99', '99']);
    expect(new Set(field('x-request-id')).size).toBe(4);
    for (const { head } of [first, again, other, foreign]) {
      expect(head.match(/^x-ratelimit-remaining:/gim)).toHaveLength(1);
      expect(head.match(/^vary:.*accept-encoding/gim)).toHaveLength(1);
      expect(head.match(/^vary:.*origin/gim)).toHaveLength(1);
    }
  });

  it('asks the upstream once for 20 requests at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, caller) => ask(String(caller), 'a')),
    );
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['/x 1']));
    expect(origin.requests).toHaveLength(1);
    expect(new Set(answers.map(({ headers }) => headers.get('x-ratelimit-remaining')))).toEqual(
      new Set(['99']),
    );
  });

  it('serves the requests that wait when the first one fails, or when its client leaves', async () => {
    const leader = await proxy.connect();
    leader.send('GET /x HTTP/1.1\r\nHost: api.test\r\nX-Caller: leader\r\n\r\n');
    await eventually(() => origin.requests.length === 1);
    const waiting = ask('waits', 'a');
    leader.reset();
    expect((await waiting).status).toBe(200);
    fails = true;
    const failed = await Promise.all(['/y', '/y'].map((path) => proxy.get(path)));
    expect(failed.map(({ status }) => status)).toEqual([502, 502]);
  });
});
