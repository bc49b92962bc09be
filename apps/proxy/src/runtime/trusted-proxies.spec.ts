import { describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { TrustedProxies } from './trusted-proxies.ts';

const forwarded = (value: string): HeaderList => HeaderList.of([['X-Forwarded-For', value]]);

describe('TrustedProxies', () => {
  it('trusts no peer by default', () => {
    const none = new TrustedProxies([]);
    expect(none.clientAddress('203.0.113.7', forwarded('198.51.100.1'))).toBe('203.0.113.7');
  });

  it.each([
    [
      'the right-most entry that is not trusted',
      '198.51.100.1, 203.0.113.9, 10.0.0.2',
      '203.0.113.9',
    ],
    ['an entry with a port', '203.0.113.9:5123', '203.0.113.9'],
    ['an IPv6 entry in brackets', '[2001:db8::1]:443', '2001:db8::1'],
    ['an IPv4-mapped entry', '::ffff:203.0.113.9', '203.0.113.9'],
    ['all entries trusted: the left-most of them', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['nothing said', '', '10.0.0.1'],
    [
      'what stands left of something that is no address is not believed',
      '203.0.113.9, unknown, 10.0.0.2',
      '10.0.0.2',
    ],
  ])('behind a trusted peer: %s', (_, value, expected) => {
    expect(new TrustedProxies(['10.0.0.0/8']).clientAddress('10.0.0.1', forwarded(value))).toBe(
      expected,
    );
  });

  it('joins several fields in their order', () => {
    const headers = HeaderList.of([
      ['X-Forwarded-For', '203.0.113.1'],
      ['X-Forwarded-For', '203.0.113.2'],
    ]);
    expect(new TrustedProxies(['10.0.0.1']).clientAddress('10.0.0.1', headers)).toBe('203.0.113.2');
  });

  it('accepts blocks and single addresses of both families', () => {
    const proxies = new TrustedProxies(['2001:db8::/32', '192.0.2.1']);
    expect(proxies.includes('2001:db8:1::5')).toBe(true);
    expect(proxies.includes('192.0.2.1')).toBe(true);
    expect(proxies.includes('192.0.2.2')).toBe(false);
    expect(proxies.includes('not an address')).toBe(false);
  });
});
