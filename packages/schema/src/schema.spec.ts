import { describe, expect, it } from '@jest/globals';
import {
  HeaderName,
  HeaderValue,
  HostPattern,
  Name,
  Tag,
  isCidr,
  isId,
  parseTargetAddress,
} from './index.ts';

describe('Name', () => {
  it.each(['a', 'orders', 'orders-v2', 'a.b_c'])('accepts %s', (name) =>
    expect(Name.safeParse(name).success).toBe(true),
  );
  it.each([
    '',
    '-a',
    'a-',
    'a b',
    'a/b',
    'ä',
    'x'.repeat(65),
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  ])('refuses "%s"', (name) => expect(Name.safeParse(name).success).toBe(false));
});

describe('isId', () => {
  it('distinguishes ids from names', () => {
    expect(isId('3F2504E0-4f89-41d3-9a0c-0305e82c3301')).toBe(true);
    expect(isId('orders')).toBe(false);
  });
});

describe('isCidr', () => {
  it.each(['10.0.0.0/8', '10.1.2.3', '::1', '2001:db8::/32', '0.0.0.0/0'])('accepts %s', (text) =>
    expect(isCidr(text)).toBe(true),
  );
  it.each([
    '10.0.0.0/33',
    '10.1',
    '010.0.0.1',
    '::/129',
    '10.0.0.0/',
    'localhost',
    '10.0.0.0/8/8',
    '',
  ])('refuses "%s"', (text) => expect(isCidr(text)).toBe(false));
});

describe('parseTargetAddress', () => {
  it.each([
    ['127.0.0.1:9101', { host: '127.0.0.1', port: 9101 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['Orders.internal:8080', { host: 'orders.internal', port: 8080 }],
  ])('splits %s', (text, expected) => expect(parseTargetAddress(text)).toEqual(expected));
  it.each([
    'orders',
    'orders:0',
    'orders:65536',
    ':80',
    '::1:80',
    'a b:80',
    '1.2.3:80',
    '[::g]:80',
    'orders:08',
  ])('refuses "%s"', (text) => expect(parseTargetAddress(text)).toBeUndefined());
});

describe('HostPattern', () => {
  it('is lower-case', () => expect(HostPattern.parse('API.Example.com')).toBe('api.example.com'));
  it.each(['*.example.com', 'localhost', '127.0.0.1', '[::1]'])('accepts %s', (text) =>
    expect(HostPattern.safeParse(text).success).toBe(true),
  );
  it.each(['*', 'a.*.com', 'a:80', 'http://a', 'a..b', '-a.com', ''])('refuses "%s"', (text) =>
    expect(HostPattern.safeParse(text).success).toBe(false),
  );
});

describe('header fields', () => {
  it('names are tokens', () => {
    expect(HeaderName.safeParse('X-Version').success).toBe(true);
    for (const name of ['', 'a b', 'a:b', 'ä'])
      expect(HeaderName.safeParse(name).success).toBe(false);
  });

  it('values have no line breaks and no space at their ends', () => {
    expect(HeaderValue.safeParse('max-age=60, private').success).toBe(true);
    expect(HeaderValue.safeParse('').success).toBe(true);
    for (const value of ['a\r\nb', ' a', 'a ', 'ä', '\u0000'])
      expect(HeaderValue.safeParse(value).success).toBe(false);
  });
});

describe('Tag', () => {
  it('is a label', () => {
    expect(Tag.safeParse('team:shop').success).toBe(true);
    expect(Tag.safeParse('a b').success).toBe(false);
  });
});
