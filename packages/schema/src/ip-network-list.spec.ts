import { BlockList } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientNetwork, formatIpAddress, IpNetworkList, isCidr, parseIpAddress } from './index.ts';

describe('IpNetworkList', () => {
  it.each([
    ['::/0', '2001:db8::1', true],
    ['::/0', '192.0.2.1', false],
    ['::/0', '::ffff:192.0.2.1', false],
    ['::/1', '192.0.2.1', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', '::ffff:192.0.2.1', true],
    ['0.0.0.0/0', '::ffff:c000:201', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', '::', false],
    ['::ffff:0:0/96', '192.0.2.1', true],
    ['::ffff:0:0/96', '2001:db8::1', false],
    ['::ffff:0:0/95', '192.0.2.1', false],
    ['::ffff:10.0.0.0/104', '10.9.8.7', true],
    ['::FFFF:0A00:0/104', '10.9.8.7', true],
    ['::ffff:10.0.0.0/104', '11.9.8.7', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '0:0:0:0:0:FFFF:C000:0201', true],
    ['192.0.2.1', '::192.0.2.1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['255.255.255.255/32', '255.255.255.255', true],
    ['128.0.0.0/1', '255.0.0.1', true],
    ['128.0.0.0/1', '127.0.0.1', false],
    ['10.1.2.3/8', '10.255.255.255', true],
    ['0.0.0.0/0', 'not an address', false],
    ['::/0', '', false],
  ])('%s and %s: %p', (network, address, expected) => {
    expect(isCidr(network)).toBe(true);
    expect(new IpNetworkList([network]).includes(address)).toBe(expected);
  });

  it('agrees with the list of the platform inside each family', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const ipv4 = fc
      .tuple(fc.constantFrom(10, 127, 192), octet, octet, octet)
      .map((parts) => parts.join('.'));
    const group = fc.constantFrom(0, 1, 0xdb8, 0x7fff, 0x8000, 0xffff);
    const ipv6 = fc
      .array(group, { minLength: 7, maxLength: 7 })
      .map((groups) => ['2001', ...groups.map((each) => each.toString(16))].join(':'));
    const check = (
      family: 'ipv4' | 'ipv6',
      bits: number,
      networks: readonly string[],
      address: string,
    ): void => {
      const platform = new BlockList();
      for (const network of networks) platform.addSubnet(network, bits, family);
      expect(
        new IpNetworkList(networks.map((network) => `${network}/${bits}`)).includes(address),
      ).toBe(platform.check(address, family));
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 32 }),
        fc.array(ipv4, { maxLength: 4 }),
        ipv4,
        (...each) => check('ipv4', ...each),
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 128 }),
        fc.array(ipv6, { maxLength: 4 }),
        ipv6,
        (...each) => check('ipv6', ...each),
      ),
      { numRuns: 2_000 },
    );
  });

  it('knows when it is empty, and refuses text that is not a network', () => {
    expect(new IpNetworkList([]).isEmpty).toBe(true);
    expect(() => new IpNetworkList(['10.0.0.0/8', '10.0.0.0/33'])).toThrow(TypeError);
  });
});

describe('parseIpAddress', () => {
  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1..2.3',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    '::g',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:01.2.3.4',
    '::ffff:1.2.3',
    '[::1]',
    '1.2.3.4%eth0',
  ])('refuses "%s"', (text) => expect(parseIpAddress(text)).toBeUndefined());

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is %s', (text, expected) =>
    expect(formatIpAddress(parseIpAddress(text) ?? NaN)).toBe(expected),
  );
});

describe('isCidr', () => {
  it.each([
    'fe80::/10%eth0',
    'fe80::1%eth0',
    '::ffff:01.2.3.4/128',
    '10.0.0.0/08',
    '::/0x1',
    '10.0.0.0/-1',
    '/8',
  ])('refuses %s', (text) => expect(isCidr(text)).toBe(false));
});

describe('clientNetwork', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (text, expected) => expect(clientNetwork(text)).toBe(expected));
});
