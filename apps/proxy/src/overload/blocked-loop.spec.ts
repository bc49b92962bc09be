import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient, RawResponse } from '../listener/testing/raw-client.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import type { OverloadState } from './overload.ts';

/** Blocks the event loop for a time. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const intervalMs = 500;
const turn = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a process whose event loop is blocked', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let client: RawClient;
  let changes: OverloadState[];

  beforeEach(async () => {
    changes = [];
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    proxy = await ProxyFixture.start({
      overload: { lagMs: 200, intervalMs, onChange: (state) => changes.push(state) },
      resources: [
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
    client = await proxy.connect();
    await turn(intervalMs);
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const send = (): Promise<RawResponse> =>
    client.send('GET /p HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
  const asked = (): number =>
    origin.connections.reduce(
      (sum, { received }) => sum + (received.match(/^GET /gm)?.length ?? 0),
      0,
    );

  it('refuses a share of the requests before any work is done for them, and none after it has recovered', async () => {
    const responses: RawResponse[] = [];
    for (let round = 0; changes.length === 0 && round < 30; round++) {
      block(250);
      responses.push(await send());
    }
    expect(proxy.overload.isShedding).toBe(true);
    while (responses.at(-1)?.status !== 503 && responses.length < 60) responses.push(await send());
    const refused = responses.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.headers.get('retry-after')).toBe('2');
    expect(refused[0]?.headers.get('connection')).toBeUndefined();
    expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ code: 'overloaded', status: 503 });
    expect(asked()).toBe(responses.length - 1);
    expect(await proxy.line(responses.length - 1)).toMatchObject({
      status: 503,
      code: 'overloaded',
      source: 'gateway',
    });
    expect(proxy.counted('sluice_errors_total', { code: 'overloaded' })).toBe(1);
    for (let round = 0; changes.length < 2 && round < 20; round++) await turn(intervalMs);
    for (let request = 0; request < 20; request++) expect((await send()).status).toBe(200);
    expect(changes).toMatchObject([
      { isShedding: true, lagMs: expect.any(Number) },
      { isShedding: false, refused: 1 },
    ]);
    expect(changes[0]?.lagMs).toBeGreaterThan(200);
  });

  it('only once, by one large task, refuses nothing', async () => {
    for (let round = 0; round < 2; round++) {
      block(1_500);
      for (let request = 0; request < 50; request++) {
        expect((await send()).status).toBe(200);
        await turn(intervalMs / 25);
      }
    }
    expect(changes).toEqual([]);
  });
});
