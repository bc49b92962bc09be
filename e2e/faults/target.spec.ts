import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerService } from '../harness/configure.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('a target that dies', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  const origins: Origin[] = [];

  beforeAll(async () => {
    for (const name of ['one', 'two', 'three']) origins.push(started.use(await Origin.start(name)));
    stack = started.use(await Stack.start());
    await registerService(
      stack.admin,
      'orders',
      origins.map(({ address }) => address),
      {
        service: { retries: { attempts: 2 }, health: { failures: 2, ejectMs: 500 } },
      },
    );
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('fails no GET under load, is ejected, and returns to service', async () => {
    const [first] = origins;
    if (first === undefined) throw new Error('no origin');
    const load = new Load({ url: () => `${stack.proxy.url}/orders/1`, connections: 8 });
    await sleep(500);
    first.die();
    await sleep(1500);
    expect(await healthOf(stack, first.address)).toBe('0');
    await first.listen();
    const seenBefore = first.received.length;
    await sleep(1500);
    const report = await load.stop();
    expect(report.faults).toEqual(new Map());
    expect([...report.statuses.keys()]).toEqual([200]);
    expect(first.received.length).toBeGreaterThan(seenBefore);
    expect(await healthOf(stack, first.address)).toBe('1');
  }, 30_000);

  it('leads to 502 with a problem document when it is the only target', async () => {
    const only = started.use(await Origin.start('only'));
    await registerService(stack.admin, 'only', [only.address]);
    await only.stop();
    const response = await fetch(`${stack.proxy.url}/only/1`);
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'upstream_connect_failed' });
    // The error of the operating system belongs in the log, not in the response.
    expect(text).not.toContain('ECONNREFUSED');
    expect(text).not.toContain(only.address);
  });
});

async function healthOf(stack: Stack, address: string): Promise<string | undefined> {
  const metrics = await (await fetch(`${stack.proxy.statusUrl}/metrics`)).text();
  return new RegExp(`sluice_target_healthy\\{[^}]*target="${address}"[^}]*\\} (\\d)`).exec(
    metrics,
  )?.[1];
}
