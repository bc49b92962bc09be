import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Service } from '@sluice/config';
import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { RawOrigin } from './testing/raw-origin.ts';
import { RecordedCall } from './testing/recorded-call.ts';
import { UpstreamRegistry } from './upstream-registry.ts';

let wheel: TimerWheel;
let registry: UpstreamRegistry;
let origins: RawOrigin[];

beforeEach(async () => {
  wheel = new TimerWheel({ tickMs: 10 }).start();
  registry = new UpstreamRegistry(wheel);
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx';
  origins = [await RawOrigin.answering(ok), await RawOrigin.answering(ok)];
});
afterEach(() => {
  registry.closeAll();
  for (const origin of origins) origin.stop();
  wheel.stop();
});

const at = (index: number): string => origins[index]?.address ?? '';
const spec = (targets: string[], rest: Record<string, unknown> = {}): Service =>
  Service.parse({
    name: 'orders',
    targets: targets.map((address) => ({ address })),
    health: { failures: 1, ejectMs: 60_000 },
    ...rest,
  });
const target = (service: { pick(isSafe: boolean): UpstreamTarget | undefined }): UpstreamTarget =>
  service.pick(true) as UpstreamTarget;

describe('UpstreamRegistry', () => {
  it('keeps connections, health and balancer position of a target that a change does not affect', async () => {
    const first = registry.acquire('s', spec([at(0), at(1)]));
    await RecordedCall.send(target(first)).over;
    first.report(target(first), 'failure', false);
    const second = registry.acquire('s', spec([at(0), at(1)], { timeouts: { totalMs: 1_000 } }));
    registry.release(first);
    expect(second.health()).toEqual([
      { address: at(0), healthy: true },
      { address: at(1), healthy: false },
    ]);
    await RecordedCall.send(target(second)).over;
    expect(origins[0]?.connections.length).toBe(1);
  });

  it('keeps the balancer when targets and weights stay the same, and resets it when they change', () => {
    const first = registry.acquire('s', spec([at(0), at(1)]));
    expect(target(first).address).toBe(at(0));
    expect(target(registry.acquire('s', spec([at(0), at(1)]))).address).toBe(at(1));
    const reversed = registry.acquire('s', spec([at(1), at(0)]));
    expect(target(reversed).address).toBe(at(1));
  });

  it('closes the idle connections of a target that no service uses', async () => {
    const one = registry.acquire('s1', spec([at(0)]));
    const two = registry.acquire('s2', spec([at(0)]));
    expect(target(one)).toBe(target(two));
    await RecordedCall.send(target(one)).over;
    registry.release(one);
    expect(registry.connections()).toEqual([{ address: at(0), open: 1, idle: 1, waiting: 0 }]);
    registry.release(two);
    registry.release(two);
    expect(registry.connections()).toEqual([]);
    await eventually(() => origins[0]?.connections[0]?.closed === true);
  });

  it('lets an exchange that still holds a released service finish', async () => {
    const service = registry.acquire('s', spec([at(0)]));
    const held = target(service);
    registry.release(service);
    expect((await RecordedCall.send(held).over).body).toBe('x');
    await eventually(() => origins[0]?.connections[0]?.closed === true);
  });

  it('shares connections between services that reach a target in the same way, but not their health', () => {
    const one = registry.acquire('s1', spec([at(0)]));
    const two = registry.acquire('s2', spec([at(0)]));
    one.report(target(one), 'failure', false);
    expect([one.health()[0]?.healthy, two.health()[0]?.healthy]).toEqual([false, true]);
    const encrypted = registry.acquire('s3', spec([at(0)], { protocol: 'https' }));
    const unverified = registry.acquire(
      's4',
      spec([at(0)], { protocol: 'https', tls: { verify: false } }),
    );
    expect(new Set([target(one), target(encrypted), target(unverified)]).size).toBe(3);
  });

  it('forgets the health of a removed target', () => {
    const first = registry.acquire('s', spec([at(0)]));
    first.report(target(first), 'failure', false);
    registry.release(registry.acquire('s', spec([at(1)])));
    expect(registry.acquire('s', spec([at(0)])).health()).toEqual([
      { address: at(0), healthy: true },
    ]);
  });
});
