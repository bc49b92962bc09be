import { describe, expect, it } from '@jest/globals';
import { alternativeNames, dnsNames } from './alternative-names.ts';

describe('alternative names', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['DNS:a.test', ['DNS a.test']],
    ['DNS:a.test, DNS:*.A.test, IP Address:::1', ['DNS a.test', 'DNS *.A.test', 'IP ::1']],
    ['URI:spiffe://acme/orders, email:a@b.test', ['URI spiffe://acme/orders', 'email a@b.test']],
    // A value that would read as a second name is quoted by Node and stays one value.
    ['URI:"http://a/, DNS:b.test", DNS:a.test', ['URI http://a/, DNS:b.test', 'DNS a.test']],
    ['DNS:"a.test\\u0000.b.test"', ['DNS a.test\0.b.test']],
    ['DNS:"say \\"hi\\", DNS:c.test"', ['DNS say "hi", DNS:c.test']],
    ['othername:<unsupported>, DNS:a.test', ['othername <unsupported>', 'DNS a.test']],
    ['garbage', []],
  ])('of %p are %p', (text, names) => {
    expect(alternativeNames(text).map(({ type, value }) => `${type} ${value}`)).toEqual(names);
  });

  it('of type DNS are in lower case', () => {
    expect(dnsNames('DNS:A.test, URI:DNS:b.test, DNS:*.C.test')).toEqual(['a.test', '*.c.test']);
  });
});
