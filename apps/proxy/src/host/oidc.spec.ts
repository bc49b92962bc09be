import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OidcFixture } from './testing/oidc-fixture.ts';
import type { Page } from './testing/web-browser.ts';

/** The policy `oidc` in the proxy, with a real OpenID provider and its login form. */
let fixture: OidcFixture;

beforeAll(() => import('undici'));
afterEach(() => fixture.stop());

const start = async (options?: Parameters<typeof OidcFixture.start>[0]): Promise<void> => {
  fixture = await OidcFixture.start(options);
};
const sessionName = '__Host-sluice-session';
const loginCookies = (): string[] =>
  [...fixture.cookies.keys()].filter((name) => name.startsWith(`${sessionName}-login-`));
const setCookies = ({ headers }: Page): string[] => headers['set-cookie'] ?? [];
const script = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };

describe('oidc in the proxy', () => {
  it('logs a person in and out, and tells the upstream who it is', async () => {
    await start({ config: { consumer: { claim: ['preferred_username'] } } });
    const page = await fixture.logIn('/shop/1?a=1&b=%20');
    expect([page.status, page.text]).toEqual([200, 'hello']);
    expect(page.url).toBe(`${fixture.app}/shop/1?a=1&b=%20`);
    expect(fixture.forwarded).toMatch(/x-consumer-username: jane/i);
    expect(fixture.forwarded).not.toMatch(/__Host-/i);
    const { cookies } = fixture;
    expect([...cookies.keys()]).toEqual([sessionName]);
    cookies.set('a', '"1" x=%');
    cookies.set(`${sessionName}-other`, 'theirs');
    expect((await fixture.open('/shop/2')).status).toBe(200);
    expect(fixture.forwarded).toContain(`cookie: a="1" x=%; ${sessionName}-other=theirs\r\n`);

    const question = await fixture.open('/.sluice/oidc/logout');
    expect(question.url).toContain(`${fixture.provider.issuer}/session/end`);
    expect(cookies.has(sessionName)).toBe(false);
    const again = await fixture.open('/shop/3', { follows: false });
    expect(again.status).toBe(302);
  });

  it('sets cookies that no script and no other host reads', async () => {
    await start();
    const begun = await fixture.open('/shop/1', { follows: false });
    expect(begun.headers['cache-control']).toBe('no-store');
    const to = new URL(begun.headers.location ?? '');
    expect(to.searchParams.get('code_challenge_method')).toBe('S256');
    expect(to.searchParams.get('redirect_uri')).toBe(`${fixture.app}/.sluice/oidc/callback`);
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(to.searchParams.get(name)).toMatch(/^[\w.-]{20,}$/);
    const [cookie = ''] = setCookies(begun);
    expect(cookie).toMatch(/^__Host-.*; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toMatch(/Domain/i);
  });

  it.each([
    ['a script', { headers: script }],
    ['an older script', { headers: { ...script, 'sec-fetch-mode': '', accept: '*/*' } }],
    ['a POST', { method: 'POST', form: { a: '1' } }],
    ['HEAD', { method: 'HEAD' }],
    ['a frame', { headers: { accept: 'text/html', 'sec-fetch-dest': 'iframe' } }],
    [
      'an upgrade',
      {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      },
    ],
  ])('answers 401 with the URL of the login: %s', async (_what, request) => {
    await start();
    const page = await fixture.open('/shop/1', request);
    expect(page.status).toBe(401);
    expect(page.headers['www-authenticate']).toBe('OpenIDConnect login_uri="/.sluice/oidc/login"');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(setCookies(page)).toEqual([]);
    expect(fixture.forwarded).toBe('');
  });

  it('lets scripts of listed origins read the 401, and no others', async () => {
    await start({ config: { returnTo: ['https://admin.test'] } });
    const from = (origin: string) => fixture.open('/shop/1', { headers: { ...script, origin } });
    const listed = await from('https://admin.test');
    expect(listed.headers['access-control-allow-origin']).toBe('https://admin.test');
    expect(listed.headers['access-control-allow-credentials']).toBe('true');
    expect(JSON.parse(listed.text)).toMatchObject({
      code: 'unauthorized',
      loginUrl: `${fixture.app}/.sluice/oidc/login`,
    });
    const other = await from('https://evil.test');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    expect(other.status).toBe(401);
  });

  it('never redirects a Bearer, and keeps the challenges of other alternatives', async () => {
    await start({ others: [{ name: 'key-auth' }] });
    const bearer = await fixture.open('/shop/1', { headers: { authorization: 'Bearer x' } });
    expect(bearer.status).toBe(401);
    const programs = await fixture.open('/shop/1', { headers: script });
    expect(programs.headers['www-authenticate']).toMatch(/OpenIDConnect .*ApiKey /);
    await fixture.logIn();
    fixture.cookies.set(sessionName, 'changed');
    const stale = await fixture.open('/shop/1', { headers: { authorization: 'Bearer x' } });
    expect(stale.status).toBe(401);
  });

  it('finishes the logins of several tabs, and keeps five', async () => {
    await start();
    const forms: Page[] = [];
    for (let tab = 0; tab < 7; tab++) forms.push(await fixture.open(`/shop/${tab}`));
    expect(loginCookies()).toHaveLength(5);
    const pages = [];
    for (const form of forms.slice(2))
      pages.push(await fixture.browser.submit(form, { login: 'jane', password: 'any' }));
    expect(pages.map(({ status, url }) => [status, url])).toEqual(
      [2, 3, 4, 5, 6].map((tab) => [200, `${fixture.app}/shop/${tab}`]),
    );
    expect([...fixture.cookies.keys()]).toEqual([sessionName]);
  });

  it('answers a state that was used with the original page, a lost one with one login', async () => {
    await start();
    await fixture.logIn('/shop/1?first');
    const callback = fixture.browser.visited.find((url) => url.includes('/callback?')) ?? '';
    const used = await fixture.browser.open(callback);
    expect([used.status, used.url]).toEqual([200, `${fixture.app}/shop/1?first`]);
    // The cookies are lost, and the provider still knows the person.
    fixture.cookies.clear();
    const lost = await fixture.browser.open(callback);
    expect([lost.status, lost.url]).toEqual([200, `${fixture.app}/shop/1?first`]);
  });

  it('shows an error when the browser keeps no cookies, and begins no loop', async () => {
    await start();
    const form = await fixture.open('/shop/1');
    const keepsNothing = fixture.cookies;
    keepsNothing.set = () => keepsNothing;
    keepsNothing.clear();
    const page = await fixture.browser.submit(form, { login: 'jane', password: 'any' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('Try again');
    expect(page.url).toContain('/.sluice/oidc/callback?');
    expect(fixture.browser.visited.filter((url) => url.includes('/callback?'))).toHaveLength(2);
  });

  it('shows an error when the person cancels, without what the provider says', async () => {
    await start();
    const form = await fixture.open('/shop/1');
    const abort =
      /href="([^"]*abort)"/.exec(form.text)?.[1] ?? `${new URL(form.url).pathname}/abort`;
    const page = await fixture.browser.open(new URL(abort, form.url).href);
    expect(page.status).toBe(403);
    expect(page.text).toContain('return_to=%2Fshop%2F1');
    expect(page.text).not.toMatch(/End-User/i);
  });

  it.each(['iss', 'code', 'state'])('completes no login with another %s', async (name) => {
    await start();
    fixture.browser.rewrite = (text) => {
      const url = new URL(text);
      if (url.pathname.endsWith('/callback')) url.searchParams.set(name, 'https://evil.test');
      return url.href;
    };
    const page = await fixture.logIn();
    expect(page.status).toBe(403);
    expect(fixture.cookies.has(sessionName)).toBe(false);
    const callbacks = fixture.browser.visited.filter((url) => url.includes('/callback?'));
    // A code or state that is not known may be an old one: one further login begins.
    expect(callbacks).toHaveLength(name === 'iss' ? 1 : 2);
  });

  it('lets only pages of listed origins open a WebSocket with the session', async () => {
    await start({ config: { returnTo: ['https://admin.test'] } });
    await fixture.logIn();
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const statusFrom = async (origin: string) =>
      (await fixture.open('/shop/1', { headers: { ...upgrade, origin } })).status;
    expect(await statusFrom('https://evil.test')).toBe(403);
    for (const origin of [fixture.app, 'https://admin.test'])
      expect([origin, await statusFrom(origin)]).toEqual([origin, 200]);
  });

  it.each([
    ['//evil.test', 400],
    ['/\\evil.test', 400],
    ['https://evil.test/', 400],
    ['/a\r\nSet-Cookie: x=1', 400],
    ['javascript:alert(1)', 400],
    ['https://admin.test@evil.test/', 400],
    ['/shop/1', 302],
    ['https://admin.test/x', 302],
  ])('checks where a login leads: %j', async (target, status) => {
    await start({ config: { returnTo: ['https://admin.test'] } });
    const query = new URLSearchParams({ return_to: target }).toString();
    const page = await fixture.open(`/.sluice/oidc/login?${query}`, { follows: false });
    expect(page.status).toBe(status);
    if (status === 400) expect(page.headers.location).toBeUndefined();
  });

  it('asks before a link of another site logs out', async () => {
    await start();
    await fixture.logIn();
    const page = await fixture.open('/.sluice/oidc/logout', {
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(page.text).toContain('Do you want to log out?');
    const forged = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
    const post = await fixture.open('/.sluice/oidc/logout', { method: 'POST', headers: forged });
    expect(post.status).toBe(403);
    expect((await fixture.open('/shop/1')).status).toBe(200);
    const done = await fixture.browser.submit(page, {});
    expect(done.url).toContain('/session/end');
    expect(fixture.cookies.has(sessionName)).toBe(false);
  });

  it('works again when the provider does, without a restart', async () => {
    await start();
    fixture.provider.failWith(500);
    const failed = await fixture.open('/shop/1', { follows: false });
    expect(failed.status).toBe(503);
    expect(failed.text).not.toContain('127.0.0.1');
    fixture.provider.failWith(undefined);
    let page = failed;
    const until = Date.now() + 20_000;
    while (page.status === 503 && Date.now() < until) page = await fixture.open('/shop/1');
    await fixture.browser.submit(page, { login: 'jane', password: 'any' });
    // Sessions that exist need no provider.
    fixture.provider.failWith(500);
    expect((await fixture.open('/shop/1')).status).toBe(200);
  });

  it('records in shadow mode what it would have refused, and redirects none', async () => {
    await start({ mode: 'shadow' });
    expect((await fixture.open('/shop/1')).status).toBe(200);
    expect(await fixture.proxy.line(0)).toMatchObject({ status: 200, shadow: ['oidc'] });
  });

  it('lets requests without a session pass when it is optional', async () => {
    await start({ config: { optional: true } });
    expect((await fixture.open('/shop/1')).status).toBe(200);
    fixture.cookies.set(sessionName, 'changed');
    expect((await fixture.open('/shop/1', { follows: false })).status).toBe(401);
    const query = 'return_to=/shop/2';
    const form = await fixture.open(`/.sluice/oidc/login?${query}`);
    const page = await fixture.browser.submit(form, { login: 'jane', password: 'any' });
    expect([page.status, page.url]).toEqual([200, `${fixture.app}/shop/2`]);
  });

  it('refuses people who are no consumer, and offers to log out', async () => {
    await start({ config: { consumer: { claim: ['email'] } } });
    const page = await fixture.logIn();
    expect(page.status).toBe(403);
    expect(page.text).toContain('/.sluice/oidc/logout');
    expect(fixture.forwarded).toBe('');
  });

  it('refuses back-channel logout without Redis', async () => {
    await start();
    const refused = OidcFixture.start({ config: { backChannelLogout: true } });
    await expect(refused).rejects.toThrow('REDIS_URL');
  });
});
