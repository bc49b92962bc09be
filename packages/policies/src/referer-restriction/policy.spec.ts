import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { refererRestriction } from './policy.ts';

const hosts = ['www.example.com', '*.partner.test', '[2001:db8::1]'];

describe('referer-restriction', () => {
  it.each([
    ['https://www.example.com/page?x=1', 200],
    ['http://www.example.com', 200],
    ['https://WWW.EXAMPLE.COM/', 200],
    ['https://www.example.com:8443/', 200],
    ['https://a.partner.test/', 200],
    ['https://a.b.partner.test/', 200],
    ['http://[2001:db8:0::1]/', 200],
    ['https://partner.test/', 403],
    ['https://example.com/', 403],
    ['https://www.example.com.evil.test/', 403],
    ['https://evilpartner.test/', 403],
    ['https://evil.test/www.example.com', 403],
    ['https://evil.test/?https://www.example.com/', 403],
    ['https://evil.test#www.example.com', 403],
    ['https://www.example.com@evil.test/', 403],
    ['https://user:secret@www.example.com/', 403],
    ['https://evil.test\\@www.example.com/', 403],
    ['https://www.example.com%2eevil.test/', 403],
    ['https://www.example.com./', 403],
    ['ftp://www.example.com/', 403],
    ['javascript://www.example.com/', 403],
    ['//www.example.com/', 403],
    ['/page', 403],
    ['www.example.com', 403],
    ['null', 403],
    ['', 403],
    ['about:blank', 403],
  ])('%s: %d', async (referer, status) => {
    const tester = new PolicyTester(refererRestriction, { hosts });
    const answer = await tester.send({ headers: { Referer: referer } });
    expect([answer.status, answer.reply?.code]).toEqual([
      status,
      status === 200 ? undefined : 'referer_denied',
    ]);
  });

  it('treats a request without a Referer as the configuration says', async () => {
    expect((await new PolicyTester(refererRestriction, { hosts }).send()).status).toBe(403);
    const lenient = new PolicyTester(refererRestriction, { hosts, allowMissing: true });
    expect((await lenient.send()).status).toBe(200);
    expect((await lenient.send({ headers: { Referer: '' } })).status).toBe(403);
  });

  it('refuses two values, and lets a preflight request pass', async () => {
    const tester = new PolicyTester(refererRestriction, { hosts });
    const value = 'https://www.example.com/';
    const twice = [
      ['Referer', value],
      ['Referer', value],
    ] as const;
    expect((await tester.send({ headers: twice })).status).toBe(403);
    const headers = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' };
    expect((await tester.send({ method: 'OPTIONS', headers })).status).toBe(200);
    expect((await tester.send({ method: 'OPTIONS' })).status).toBe(403);
  });

  it('refuses nothing in shadow mode', async () => {
    const tester = new PolicyTester(refererRestriction, { hosts }, { mode: 'shadow' });
    expect(await tester.send()).toMatchObject({ status: 200, shadow: ['referer-restriction'] });
  });

  it.each([
    'Example.com',
    'example.com:80',
    'https://example.com',
    '*',
    '*.',
    'a.*.test',
    '-a.test',
  ])('refuses the host %s', (host) => {
    expect(() => new PolicyTester(refererRestriction, { hosts: [host] })).toThrow(
      '/hosts/0: not a host',
    );
  });
});
