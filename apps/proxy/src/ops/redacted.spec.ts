import { describe, expect, it } from '@jest/globals';
import { redacted } from './redacted.ts';

describe('redaction', () => {
  it.each([
    'hash',
    'key',
    'token',
    'secret',
    'password',
    'clientSecret',
    'private_key',
    'privateKey',
    'apiKey',
    'x-api-key',
    'apikey',
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'set-cookie',
    'x-amz-security-token',
    'signature',
    'db-pass',
    'credentials',
  ])('hides the value of %s, whatever it is', (name) => {
    for (const value of ['s3cret', 7, ['s3cret'], { inner: 's3cret' }]) {
      expect(redacted({ outer: [{ [name]: value, name: 'kept' }] })).toEqual({
        outer: [{ [name]: '[redacted]', name: 'kept' }],
      });
    }
  });

  it('does not change other values', () => {
    const value = {
      ...{
        name: 'orders',
        hosts: ['a.example.com'],
        hideCredentials: true,
        credentials: false,
        weight: 3,
        service: null,
      },
      ...{ headerNames: ['x-api-key'], kind: 'key', keys: 2, hashtag: 'x', monkey: 'y' },
    };
    expect(redacted(value)).toEqual(value);
  });

  it('works on a copy', () => {
    const value = { hash: 'abc', list: [{ token: 'x' }] };
    redacted(value);
    expect(value).toEqual({ hash: 'abc', list: [{ token: 'x' }] });
  });
});
