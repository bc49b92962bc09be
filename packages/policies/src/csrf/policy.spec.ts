import { describe, expect, it } from '@jest/globals';
import { PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import { csrf } from './policy.ts';

const post = (headers: Record<string, string>, request: TestRequest = {}): TestRequest => ({
  method: 'POST',
  scheme: 'https',
  host: 'app.test',
  ...request,
  headers: { Cookie: 'theme=dark; session=1', ...headers },
});
const statusOf = async (
  config: ConstructorParameters<typeof PolicyTester<typeof csrf.schema.config>>[1],
  request: TestRequest,
): Promise<number> => (await new PolicyTester(csrf, config).send(request)).status;

describe('csrf', () => {
  it.each([
    ['same-origin', {}, 200],
    ['none', {}, 200],
    ['same-site', {}, 403],
    ['cross-site', {}, 403],
    ['SAME-ORIGIN', {}, 403],
    ['', {}, 403],
    ['cross-site', { Origin: 'https://app.test' }, 403],
    ['same-site', { Origin: 'https://shop.test' }, 200],
    ['cross-site', { Origin: 'https://a.partner.test' }, 200],
    ['cross-site', { Origin: 'https://partner.test' }, 403],
    ['cross-site', { Origin: 'null' }, 403],
  ])('Sec-Fetch-Site: %s with %j: %d', async (site, headers, status) => {
    const origins = ['https://shop.test', 'https://*.partner.test'];
    expect(await statusOf({ origins }, post({ 'Sec-Fetch-Site': site, ...headers }))).toBe(status);
  });

  it.each([
    ['https://app.test', 'https', 'app.test', 200],
    ['https://app.test', 'https', 'APP.test:443', 200],
    ['https://app.test:8443', 'https', 'app.test:8443', 200],
    ['https://app.test:8443', 'https', 'app.test', 403],
    ['https://app.test', 'https', 'app.test:8443', 403],
    ['http://app.test', 'https', 'app.test', 403],
    ['http://app.test', 'http', 'app.test:80', 200],
    ['https://app.test', 'http', 'app.test', 200],
    ['https://evil.test', 'https', 'app.test', 403],
    ['https://app.test.evil.test', 'https', 'app.test', 403],
    ['https://sub.app.test', 'https', 'app.test', 403],
    ['null', 'https', 'app.test', 403],
    ['', 'https', 'app.test', 403],
    ['https://app.test/', 'https', 'app.test', 403],
  ] as const)('Origin: %s, requested %s %s: %d', async (Origin, scheme, Host, status) => {
    expect(await statusOf({}, post({ Origin, Host }, { scheme }))).toBe(status);
  });

  it.each([
    ['a request without Sec-Fetch-Site and Origin', {}, post({}), 403],
    ['one that may lack them', { allowMissing: true }, post({}), 200],
    ['a cookie that authenticates', { cookies: ['session'] }, post({}), 403],
    ['a cookie that does not', { cookies: ['other'] }, post({}), 200],
    ['the value of a cookie', { cookies: ['dark'] }, post({}), 200],
    ['no cookie', {}, { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } }, 200],
    [
      'no cookie, when all are checked',
      { always: true },
      { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } },
      403,
    ],
    ['DELETE', {}, post({}, { method: 'DELETE' }), 403],
    ['an unknown method', {}, post({}, { method: 'PURGE' }), 403],
    ['GET', {}, post({ 'Sec-Fetch-Site': 'cross-site' }, { method: 'GET' }), 200],
    ['HEAD', {}, post({ 'Sec-Fetch-Site': 'cross-site' }, { method: 'HEAD' }), 200],
    ['OPTIONS', {}, post({ 'Sec-Fetch-Site': 'cross-site' }, { method: 'OPTIONS' }), 200],
  ])('%s', async (_what, config, request, status) => {
    expect(await statusOf(config, request)).toBe(status);
  });

  it.each([
    ['https://app.test', 200],
    ['https://shop.test', 200],
    ['https://evil.test', 403],
    ['null', 403],
  ])('a WebSocket of %s with a cookie: %d', async (Origin, status) => {
    const request = post({ Origin, Upgrade: 'websocket' }, { method: 'GET' });
    expect(await statusOf({ origins: ['https://shop.test'] }, request)).toBe(status);
  });

  it('leaves a WebSocket without a cookie to tokens', async () => {
    const headers = { Upgrade: 'websocket', Origin: 'https://evil.test' };
    expect(await statusOf({}, { headers })).toBe(200);
  });

  it('refuses two values of either field', async () => {
    for (const name of ['Origin', 'Sec-Fetch-Site']) {
      const values =
        name === 'Origin' ? ['https://app.test', 'https://app.test'] : ['none', 'cross-site'];
      const headers = [
        ['Cookie', 'a=1'] as const,
        ...values.map((value) => [name, value] as const),
      ];
      const request = { method: 'POST', scheme: 'https', host: 'app.test', headers } as const;
      expect(await statusOf({}, request)).toBe(403);
    }
  });

  it('answers with a code of its own, and refuses nothing in shadow mode', async () => {
    const { reply } = await new PolicyTester(csrf, {}).send(post({}));
    expect(reply?.code).toBe('cross_site_request');
    const shadow = await new PolicyTester(csrf, {}, { mode: 'shadow' }).send(post({}));
    expect(shadow).toMatchObject({ status: 200, shadow: ['csrf'] });
  });

  it.each(['*', 'null', 'https://*', 'app.test', 'https://App.test', 'https://app.test/'])(
    'refuses the origin %s',
    (origin) => {
      expect(() => new PolicyTester(csrf, { origins: [origin] })).toThrow(
        '/origins/0: not an origin',
      );
    },
  );
});
