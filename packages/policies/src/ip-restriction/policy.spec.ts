import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { ipRestriction } from './policy.ts';

async function statusOf(
  config: { allow?: string[]; deny?: string[] },
  clientAddress: string,
): Promise<number> {
  return (await new PolicyTester(ipRestriction, config).send({ clientAddress })).status;
}

describe('ip-restriction', () => {
  it.each([
    ['an empty list allows every address', {}, '203.0.113.7', 200],
    ['an allowed block', { allow: ['203.0.113.0/24'] }, '203.0.113.7', 200],
    ['outside the allowed block', { allow: ['203.0.113.0/24'] }, '203.0.114.7', 403],
    ['a single address', { allow: ['203.0.113.7'] }, '203.0.113.7', 200],
    ['the neighbour of a single address', { allow: ['203.0.113.7'] }, '203.0.113.8', 403],
    ['a denied block', { deny: ['203.0.113.0/24'] }, '203.0.113.7', 403],
    ['outside the denied block', { deny: ['203.0.113.0/24'] }, '192.0.2.1', 200],
    ['deny wins over allow', { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.1.2.3', 403],
    [
      'allowed beside what is denied',
      { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] },
      '10.2.2.3',
      200,
    ],
    ['everything in IPv4', { deny: ['0.0.0.0/0'] }, '192.0.2.1', 403],
    ['everything in IPv4 says nothing about IPv6', { deny: ['0.0.0.0/0'] }, '2001:db8::1', 200],
    ['IPv6 in any spelling', { allow: ['2001:db8::/32'] }, '2001:0DB8:0:0::1', 200],
    ['outside an IPv6 block', { allow: ['2001:db8::/32'] }, '2001:db9::1', 403],
    ['a single IPv6 address', { allow: ['::1'] }, '::1', 200],
    ['an IPv6 address with a zone', { allow: ['fe80::/10'] }, 'fe80::1%eth0', 200],
    ['an IPv4 client in the IPv6 form', { allow: ['10.0.0.0/8'] }, '::ffff:10.1.2.3', 200],
    [
      'an IPv4 client in the hexadecimal IPv6 form',
      { deny: ['10.0.0.0/8'] },
      '::ffff:a01:203',
      403,
    ],
    ['a block in the IPv6 form', { deny: ['::ffff:10.0.0.0/104'] }, '10.9.9.9', 403],
    ['an address in the IPv6 form', { deny: ['::ffff:10.0.0.1'] }, '10.0.0.1', 403],
    ['everything in IPv6 says nothing about IPv4', { deny: ['::/0'] }, '192.0.2.1', 200],
    ['nor about IPv4 in the IPv6 form', { deny: ['::/0'] }, '::ffff:192.0.2.1', 200],
    ['nor as an allowed block', { allow: ['::/0'] }, '::ffff:192.0.2.1', 403],
    ['a block around the mapped addresses', { allow: ['::ffff:0:0/95'] }, '192.0.2.1', 403],
    ['all mapped addresses are IPv4', { allow: ['::ffff:0:0/96'] }, '192.0.2.1', 200],
    ['IPv4-compatible is IPv6', { allow: ['192.0.2.1'] }, '::192.0.2.1', 403],
    ['NAT64 is IPv6', { allow: ['192.0.2.1'] }, '64:ff9b::192.0.2.1', 403],
    ['6to4 is IPv6', { deny: ['192.0.2.1'] }, '2002:c000:201::1', 200],
    ['no address, when addresses matter', { deny: ['10.0.0.0/8'] }, 'unknown', 403],
    ['no address, when they do not', {}, 'unknown', 200],
  ])('%s', async (_what, config, clientAddress, status) => {
    expect(await statusOf(config, clientAddress)).toBe(status);
  });

  it('answers address_denied before the caller is authenticated', async () => {
    const answer = await new PolicyTester(ipRestriction, { deny: ['0.0.0.0/0'] }).send();
    expect(answer).toMatchObject({ reply: { code: 'address_denied' }, phases: ['receive'] });
  });

  it('refuses nothing in shadow mode', async () => {
    const tester = new PolicyTester(ipRestriction, { deny: ['0.0.0.0/0'] }, { mode: 'shadow' });
    expect(await tester.send()).toMatchObject({ status: 200, shadow: ['ip-restriction'] });
    const clientAddress = '2001:db8::1';
    expect(await tester.send({ clientAddress })).toMatchObject({ status: 200, shadow: [] });
  });

  it.each(['10.0.0', '010.0.0.1', '10.0.0.0/33', '2001:db8::/129', 'example.com', '0x7f.1'])(
    'refuses the block %s',
    (block) => {
      expect(() => new PolicyTester(ipRestriction, { allow: [block] })).toThrow(
        '/allow/0: not an IP address or CIDR block',
      );
    },
  );
});
