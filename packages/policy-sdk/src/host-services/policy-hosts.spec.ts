import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestLimitStore } from '../testing/test-limit-store.ts';
import { TestMetrics } from '../testing/test-metrics.ts';
import { noKeys } from '../host/keys.ts';
import { PolicyHosts } from './policy-hosts.ts';

let log: string[];
let closedClients: number;
let hosts: PolicyHosts;

beforeEach(() => {
  log = [];
  closedClients = 0;
  const clock = new ManualClock();
  const metrics = new TestMetrics();
  hosts = new PolicyHosts({
    clock,
    stores: { limits: new TestLimitStore(clock), credentials: { findKey: () => undefined } },
    credentials: { find: () => undefined },
    consumers: { find: () => undefined },
    keys: noKeys,
    loggerFor: () => ({ info: () => undefined, warn: (message) => log.push(message) }),
    createHttpClient: () => ({
      request: () => Promise.reject(new Error('not called')),
      close: async () => {
        closedClients++;
      },
    }),
    metricsFor: (policy) => metrics.of(policy),
  });
});

describe('PolicyHosts', () => {
  it('closes everything that a host has handed out', async () => {
    const host = hosts.hostFor('route:1/http-log');
    let ticks = 0;
    host.http();
    host.http();
    host.timers.every(10, () => ticks++);
    host.timers.after(20, () => ticks++);
    host.cache.set('a', 'x', { ttlMs: 60_000 });
    const state = host.state('queue', () => ({ isClosed: false, close: closeState }));
    expect(hosts.openCount).toBe(1);
    expect(hosts.cacheBytes).toBeGreaterThan(0);
    await hosts.closeHost(host);
    await hosts.closeHost(host);
    expect([closedClients, state.isClosed, hosts.openCount, hosts.cacheBytes]).toEqual([
      2,
      true,
      0,
      0,
    ]);
    const before = ticks;
    await sleep(60);
    expect(ticks).toBe(before);
    expect(() => host.http()).toThrow('the policy is closed: take host.http in compile');
    expect(() => host.state('a', () => ({}))).toThrow('the policy is closed');
    host.timers.after(1, () => ticks++).stop();
    host.cache.set('a', 'x', { ttlMs: 60_000 });
    expect(hosts.cacheBytes).toBe(0);
  });

  it('keeps a state while one host of the attachment is open', async () => {
    const before = hosts.hostFor('route:1/cache');
    const state = before.state('queue', () => ({ isClosed: false, close: closeState }));
    const after = hosts.hostFor('route:1/cache');
    expect(after.state('queue', () => ({ isClosed: true, close: closeState }))).toBe(state);
    await hosts.closeHost(before);
    expect(state.isClosed).toBe(false);
    await hosts.closeAll();
    expect(state.isClosed).toBe(true);
  });

  it('logs what cannot be closed and closes the rest', async () => {
    const host = hosts.hostFor('route:1/cache');
    host.http();
    host.state('broken', () => ({ close: () => Promise.reject(new Error('stuck')) }));
    const other = host.state('queue', () => ({ isClosed: false, close: closeState }));
    await hosts.closeHost(host);
    expect(log).toEqual(['a resource of the policy was not closed']);
    expect([closedClients, other.isClosed]).toEqual([1, true]);
  });

  it('logs the faults of timers, and skips a period that is still at work', async () => {
    const { timers } = hosts.hostFor('route:1/timers');
    let runs = 0;
    const slow = timers.every(10, async () => {
      runs++;
      await sleep(10_000, undefined, { ref: false });
    });
    timers.after(1, () => {
      throw new Error('broken');
    });
    await sleep(100);
    slow.stop();
    expect(runs).toBe(1);
    expect(log).toEqual(['a timer of the policy failed']);
    expect(() => timers.every(1, () => undefined)).toThrow('a period is at least 10 ms');
    const many = (): void => {
      for (let index = 0; index < 1_001; index++) timers.after(60_000, () => undefined);
    };
    expect(many).toThrow('a policy has at most 1000 timers');
    await hosts.closeAll();
  });

  it('bounds clients and states', () => {
    const host = hosts.hostFor('route:1/greedy');
    expect(() => Array.from({ length: 9 }, () => host.http())).toThrow('at most 8 clients');
    expect(() =>
      Array.from({ length: 101 }, (_, index) => host.state(`${index}`, () => ({}))),
    ).toThrow('at most 100 states');
  });

  it('refuses metrics that are not valid', () => {
    const { metrics } = hosts.hostFor('route:1/metrics');
    metrics.counter('calls_total', 'Calls.', ['result']).add(1, 'ok');
    metrics.counter('calls_total', 'Calls.', ['result']).add(1, 'ok');
    expect(() => metrics.counter('calls_total', 'Calls.')).toThrow('already defined');
    expect(() => metrics.counter('calls', 'Calls.')).toThrow('does not end in _total');
    expect(() => metrics.gauge('size_total', 'Size.')).toThrow('which is for counters');
    expect(() => metrics.gauge('Size', 'Size.')).toThrow('not snake_case');
    expect(() => metrics.gauge('size', 'Size.', ['a-b'])).toThrow('the label "a-b"');
    expect(() =>
      Array.from({ length: 21 }, (_, index) => metrics.gauge(`size_${index}`, 'Size.')),
    ).toThrow('at most 20 metrics');
  });
});

function closeState(this: { isClosed: boolean }): void {
  this.isClosed = true;
}
