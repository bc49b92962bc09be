import { describe, expect, it } from '@jest/globals';
import { FailedLogins } from './failed-logins.ts';

describe('FailedLogins', () => {
  it('allows an address twenty failures, then one every three seconds', () => {
    let now = 1_000;
    const failures = new FailedLogins(() => now);
    for (let count = 0; count < 20; count += 1) {
      expect(failures.retryAfterSeconds('192.0.2.1')).toBe(0);
      failures.add('192.0.2.1');
    }
    expect(failures.retryAfterSeconds('192.0.2.1')).toBe(3);
    now += 2_999;
    expect(failures.retryAfterSeconds('192.0.2.1')).toBe(1);
    now += 1;
    expect(failures.retryAfterSeconds('192.0.2.1')).toBe(0);
    failures.add('192.0.2.1');
    expect(failures.retryAfterSeconds('192.0.2.1')).toBe(3);
  });

  it('counts addresses separately, but all addresses of an IPv6 /64 together', () => {
    const failures = new FailedLogins(() => 0);
    for (let count = 0; count < 20; count += 1) failures.add(`2001:db8:1:2::${count}`);
    expect(failures.retryAfterSeconds('2001:db8:1:2:ffff::1')).toBe(3);
    expect(failures.retryAfterSeconds('2001:db8:1:3::1')).toBe(0);
    for (let count = 0; count < 20; count += 1) failures.add('::ffff:192.0.2.7');
    expect(failures.retryAfterSeconds('192.0.2.7')).toBe(3);
    expect(failures.retryAfterSeconds('192.0.2.8')).toBe(0);
  });

  it('forgets the oldest addresses beyond its limit', () => {
    const failures = new FailedLogins(() => 0);
    for (let count = 0; count < 20; count += 1) failures.add('192.0.2.1');
    for (let count = 0; count < 10_000; count += 1)
      failures.add(`10.0.${count >> 8}.${count & 255}`);
    expect(failures.retryAfterSeconds('192.0.2.1')).toBe(0);
  });
});
