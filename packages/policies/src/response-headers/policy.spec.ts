import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { keyAuth } from '../key-auth/policy.ts';
import { responseHeaders } from './policy.ts';

describe('response-headers', () => {
  it('removes, renames, sets and adds, in this order, and leaves the request alone', async () => {
    const tester = new PolicyTester(responseHeaders, {
      remove: ['Server', 'X-Powered-By'],
      rename: { 'X-Request-Cost': 'X-Cost' },
      set: { 'Strict-Transport-Security': 'max-age=63072000' },
      add: { 'Set-Cookie': 'seen=1' },
    });
    const { response, forwarded } = await tester.send({
      headers: { Server: 'of the client' },
      upstream: {
        headers: {
          Server: 'x',
          'x-powered-by': 'y',
          'X-Request-Cost': '3',
          'Set-Cookie': 'a=b',
          'strict-transport-security': 'max-age=0',
        },
      },
    });
    expect(response.headers.entries()).toEqual([
      ['x-cost', '3'],
      ['set-cookie', 'a=b'],
      ['strict-transport-security', 'max-age=63072000'],
      ['set-cookie', 'seen=1'],
    ]);
    expect(forwarded?.headers.get('server')).toBe('of the client');
  });

  it('changes responses of the gateway as well', async () => {
    const { status, response } = await new PolicyTester(responseHeaders, {
      set: { 'X-Frame-Options': 'DENY' },
    })
      .with(keyAuth, {})
      .send();
    expect(status).toBe(401);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
  });

  it.each([
    ['Content-Length', 'belongs to the connection: the gateway writes it'],
    ['Connection', 'belongs to the connection: the gateway writes it'],
    ['X-Request-Id', 'is written by the gateway'],
  ])('leaves %s to the gateway', (name, reason) => {
    expect(() => new PolicyTester(responseHeaders, { remove: [name] })).toThrow(
      `/remove/0: ${name} ${reason}`,
    );
    expect(() => new PolicyTester(responseHeaders, { set: { [name]: '1' } })).toThrow(
      `/set/${name}: ${name} ${reason}`,
    );
  });
});
