import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const answer = (status: string): string => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;
const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

describe('passive health', () => {
  const origins: RawOrigin[] = [];
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    for (const origin of origins.splice(0)) origin.stop();
  });

  /** Starts a proxy in front of a target that answers with this status, and a healthy one. */
  async function start(status: string, health: object): Promise<RawOrigin> {
    const broken = await RawOrigin.answering(answer(status));
    const good = await RawOrigin.answering(answer('200 OK'));
    origins.push(broken, good);
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', {
          name: 'orders',
          targets: origins.map(({ address }) => ({ address })),
          health: { failures: 2, ...health },
        }),
        resource('route', { name: 'orders', service: 'service-orders' }),
      ],
    });
    return broken;
  }
  async function statusesOf(message: string, count: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let nth = 0; nth < count; nth++) statuses.push((await proxy.send(message)).status);
    return statuses;
  }

  it.each(['502 Bad Gateway', '503 Service Unavailable', '504 Gateway Timeout'])(
    'ejects a target that answers with %s',
    async (status) => {
      await start(status, { ejectMs: 60_000 });
      const statuses = await statusesOf('GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 20);
      expect(statuses.filter((each) => each !== 200)).toHaveLength(2);
    },
  );

  it('counts the statuses that the service names, and no others', async () => {
    await start('500 Internal Server Error', { ejectMs: 60_000, failureStatuses: [500] });
    expect(
      (await statusesOf('GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 20)).filter((each) => each !== 200),
    ).toHaveLength(2);
    await proxy.stop();
    origins.splice(0).forEach((origin) => origin.stop());
    await start('500 Internal Server Error', { ejectMs: 60_000 });
    expect(
      (await statusesOf('GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 20)).filter((each) => each !== 200),
    ).toHaveLength(10);
  });

  it('uses no POST of a client as the trial of an ejected target', async () => {
    await start('502 Bad Gateway', { ejectMs: 5_000 });
    expect((await statusesOf(post, 6)).filter((each) => each !== 200)).toHaveLength(2);
    // From here on, a request with a safe method could be the trial.
    await sleep(5_200);
    expect(await statusesOf(post, 6)).toEqual(Array(6).fill(200));
    expect(
      (await statusesOf('GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 4)).filter((each) => each !== 200),
    ).toHaveLength(1);
  }, 30_000);
});
