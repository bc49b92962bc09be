import { describe, expect, it } from '@jest/globals';
import { AddressCounter, addressKey } from './address-counter.ts';

describe('addressKey', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe('AddressCounter', () => {
  it('admits connections up to the limit per key, and forgets a key without connections', () => {
    const counter = new AddressCounter(2);
    expect([
      counter.acquire('a'),
      counter.acquire('a'),
      counter.acquire('a'),
      counter.acquire('b'),
    ]).toEqual([true, true, false, true]);
    counter.release('a');
    expect(counter.acquire('a')).toBe(true);
    counter.release('a');
    counter.release('a');
    counter.release('b');
    expect(counter.size).toBe(0);
  });
});
