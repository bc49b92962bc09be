import { expect, it } from '@jest/globals';
import { soakPolicyCalls } from './testing/policy-call-soak.ts';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

it('answers every request while the services of policies fail in every way, and leaks nothing', async () => {
  const requests = 1_000;
  const report = await soakPolicyCalls(requests);
  expect(sum(report.statuses)).toBe(requests);
  expect(Object.keys(report.statuses)).toEqual(['200', '403', '503']);
  expect(sum(report.outcomes)).toBe(requests);
  expect(Object.keys(report.outcomes).sort()).toEqual([
    '2xx',
    '4xx',
    '5xx',
    'broken_off',
    'invalid_response',
    'redirect',
    'timeout',
    'too_large',
  ]);
  expect(sum(report.records)).toBe(requests);
  expect(report.records['sent']).toBeGreaterThan(0);
  // Far above the time-out of 100 ms, because the machine of a test run is busy.
  expect(report.slowestMs).toBeLessThan(5_000);
  // 16 for external-auth, one for http-log, and those that close.
  expect(report.mostSockets).toBeLessThanOrEqual(48);
  expect(report.socketsLeft).toBe(0);
  expect(report.timers[1]).toBeLessThanOrEqual(report.timers[0] + 2);
});
