import { createPrivateKey, type webcrypto } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { signJwt } from '@sluice/tokens';
import { eventually } from '../listener/testing/running-listener.ts';
import { OidcFixture } from './testing/oidc-fixture.ts';
import type { Page } from './testing/web-browser.ts';

/** Sessions of the policy `oidc`: attacks on their cookies, refresh and logout over two nodes. */
let fixture: OidcFixture;

beforeAll(() => import('undici'));
afterEach(() => fixture.stop());

const start = async (options?: Parameters<typeof OidcFixture.start>[0]): Promise<void> => {
  fixture = await OidcFixture.start(options);
};
const sessionName = '__Host-sluice-session';
const script = { accept: 'application/json', 'sec-fetch-mode': 'cors' };
const session = (): string => fixture.cookies.get(sessionName) ?? '';
const statusWith = async (cookie: string): Promise<number> => {
  const browser = fixture.browser.copy();
  browser.cookiesOf('localhost').set(sessionName, cookie);
  return (await browser.open(`${fixture.app}/shop/1`, { headers: script })).status;
};
const setCookies = ({ headers }: Page): string[] => headers['set-cookie'] ?? [];

describe('the session cookie', () => {
  it('is refused when it was changed, cut off or made longer, and is then removed', async () => {
    await start();
    await fixture.logIn();
    const cookie = session();
    expect(await statusWith(cookie)).toBe(200);
    const parts = cookie.split('.');
    const swapped = (index: number, text: string): string => parts.with(index, text).join('.');
    const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const forged = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    const wrong = [
      ...[0, 2, 3, 4].map((index) => swapped(index, flipped(parts[index] ?? ''))),
      swapped(0, forged),
      swapped(1, 'AAAA'),
      cookie.slice(0, -1),
      cookie.slice(0, 40),
      `${cookie}A`,
      `${cookie}.`,
      cookie.repeat(4),
      'x'.repeat(7_000),
      '....',
    ];
    for (const each of wrong) expect([each, await statusWith(each)]).toEqual([each, 401]);
    fixture.cookies.set(sessionName, 'changed');
    const page = await fixture.open('/shop/1', { follows: false });
    expect(page.status).toBe(302);
    expect(setCookies(page)).toContainEqual(expect.stringMatching(`^${sessionName}=; Max-Age=0;`));
  });

  it('is of no use on another gateway, for another client, or as another cookie', async () => {
    await start();
    const form = await fixture.open('/shop/1');
    const login = [...fixture.cookies].find(([name]) => name.includes('-login-'));
    await fixture.browser.submit(form, { login: 'jane', password: 'any' });
    const cookie = session();
    expect(await statusWith(login?.[1] ?? '')).toBe(401);
    const [gateway, ...others] = fixture.resources({});
    if (gateway === undefined) throw new Error('there is no gateway');
    await fixture.proxy.apply([{ ...gateway, id: 'gateway-other' }, ...others]);
    expect(await statusWith(cookie)).toBe(401);
    await fixture.proxy.apply(fixture.resources({ clientId: 'another' }));
    expect(await statusWith(cookie)).toBe(401);
    await fixture.proxy.apply(fixture.resources({}));
    expect(await statusWith(cookie)).toBe(200);
  });

  it('stays valid while its key is among the keys', async () => {
    await start();
    await fixture.logIn();
    const [old, next] = ['a secret of 32 characters or more, no 1', 'x'.repeat(32)];
    await fixture.proxy.apply(fixture.resources({ sessionKeys: [next, old] }));
    expect(await statusWith(session())).toBe(200);
    await fixture.proxy.apply(fixture.resources({ sessionKeys: [next] }));
    expect(await statusWith(session())).toBe(401);
  });

  it('is refused when it is sent twice with different values', async () => {
    await start();
    await fixture.logIn();
    fixture.cookies.set('a', `1; ${sessionName}=other`);
    expect((await fixture.open('/shop/1', { headers: script })).status).toBe(401);
  });

  it('is a new one after each login, and the one of another person ends', async () => {
    await start();
    await fixture.logIn('/shop/1', 'mallory');
    const planted = session();
    const form = await fixture.open('/.sluice/oidc/logout');
    expect(form.url).toContain('/session/end');
    const other = fixture.browser.copy();
    fixture.cookies.set(sessionName, planted);
    fixture.browser.jars.delete('127.0.0.1');
    await fixture.browser.submit(await fixture.browser.open(`${fixture.app}/shop/1`), {
      login: 'jane',
      password: 'any',
    });
    expect(session()).not.toBe(planted);
    other.cookiesOf('localhost').set(sessionName, planted);
    const page = await other.open(`${fixture.app}/shop/1`, { headers: script });
    expect(page.status).toBe(401);
  });

  it('does not come from a callback that another browser began', async () => {
    await start();
    const attacker = fixture.browser.copy();
    const form = await attacker.open(`${fixture.app}/shop/1`);
    await attacker.submit(form, { login: 'mallory', password: 'any' });
    const callback = attacker.visited.find((url) => url.includes('/callback?')) ?? '';
    const page = await fixture.browser.open(callback);
    // A login of one's own begins.
    expect([page.status, page.text.includes('name="login"')]).toEqual([200, true]);
    expect(session()).toBe('');
  });

  it('is not written when it is too large, and no loop begins', async () => {
    await start({
      config: { groupsClaim: ['groups'] },
      provider: {
        claims: () => ({ groups: Array.from({ length: 300 }, (_e, n) => `group ${n}`.repeat(3)) }),
      },
    });
    const page = await fixture.logIn();
    expect(page.status).toBe(500);
    expect(page.text).toContain('too large');
    expect([...fixture.cookies.keys()]).toEqual([]);
  });

  it('is in two cookies when it is large, of at most 8 KiB together', async () => {
    const groups = Array.from(
      { length: 100 },
      (_each, index) => `the group number ${index} of a company`,
    );
    await start({ config: { groupsClaim: ['groups'] }, provider: { claims: () => ({ groups }) } });
    expect((await fixture.logIn()).status).toBe(200);
    expect([...fixture.cookies.keys()]).toEqual([sessionName, `${sessionName}-1`]);
    fixture.cookies.delete(`${sessionName}-1`);
    expect((await fixture.open('/shop/1', { headers: script })).status).toBe(401);
  });
});

describe('oidc on two nodes with one Redis', () => {
  const on = (node: number): void =>
    void fixture.browser.ports.set('localhost', fixture.nodes[node]?.port ?? 0);

  it('refreshes once for 100 parallel requests, and serves the old cookie after it', async () => {
    await start({ sharedNodes: 2, provider: { firstAccessTokenSeconds: 1 } });
    await fixture.logIn();
    const before = session();
    await eventually(async () => {
      // The token has ended as soon as a request leads to a refresh.
      const browsers = Array.from({ length: 100 }, (_each, index) => {
        const browser = fixture.browser.copy();
        browser.ports.set('localhost', fixture.nodes[index % 2]?.port ?? 0);
        return browser.open(`${fixture.app}/shop/1`, { headers: script });
      });
      const pages = await Promise.all(browsers);
      expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
      return pages.every((page) => setCookies(page).length > 0);
    });
    expect(fixture.provider.grants['refresh_token']).toBe(1);
    fixture.cookies.set(sessionName, before);
    on(1);
    const late = await fixture.open('/shop/1', { headers: script });
    expect([late.status, late.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(session()).not.toBe(before);
    expect((await fixture.open('/shop/1', { headers: script })).status).toBe(200);
    expect(fixture.provider.grants['refresh_token']).toBe(1);
  });

  it('ends a session on the other node at once when the person logs out', async () => {
    await start({ sharedNodes: 2 });
    await fixture.logIn();
    const cookie = session();
    on(1);
    expect(await statusWith(cookie)).toBe(200);
    on(0);
    await fixture.open('/.sluice/oidc/logout');
    on(1);
    await eventually(async () => (await statusWith(cookie)) === 401);
    // A node that begins later asks the store.
    await fixture.proxy.apply(fixture.resources({ timeoutMs: 3_000 }));
    on(0);
    expect(await statusWith(cookie)).toBe(401);
  });

  it('ends sessions on all nodes when the provider says so, once for each token', async () => {
    await start({ sharedNodes: 2, config: { backChannelLogout: true } });
    await fixture.logIn();
    const cookie = session();
    const { issuer, clientId, signingKey } = fixture.provider;
    const key = createPrivateKey({ key: signingKey as webcrypto.JsonWebKey, format: 'jwk' });
    const iat = Math.floor(Date.now() / 1_000);
    const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const good = { iss: issuer, aud: clientId, iat, exp: iat + 120, sub: 'jane', events: event };
    let jti = 0;
    const send = async (claims: object, header: object = {}): Promise<number> => {
      const all = { ...good, jti: `token ${jti++}`, ...claims };
      const token = signJwt(all, key, { alg: 'RS256', kid: 'signing', ...header });
      const page = await fixture.browser
        .copy()
        .open(`${fixture.app}/.sluice/oidc/backchannel-logout`, {
          method: 'POST',
          form: { logout_token: token },
        });
      return page.status;
    };
    const wrong: object[] = [
      { nonce: 'n' },
      { events: {} },
      { events: undefined },
      { aud: 'another' },
      { iss: `${issuer}/` },
      { iat: iat - 3_600 },
      { exp: iat - 600 },
      { sub: undefined },
      { jti: undefined },
    ];
    for (const claims of wrong) expect([claims, await send(claims)]).toEqual([claims, 400]);
    expect(await send({}, { kid: 'unknown' })).toBe(400);
    on(1);
    expect(await statusWith(cookie)).toBe(200);
    expect(await send({ jti: 'the one' })).toBe(200);
    expect(await statusWith(cookie)).toBe(401);
    on(0);
    const heardAtMs = performance.now();
    await eventually(async () => (await statusWith(cookie)) === 401);
    expect(performance.now() - heardAtMs).toBeLessThan(5_000);
    expect(await send({ jti: 'the one' })).toBe(400);
    // A later login is another session.
    fixture.cookies.clear();
    const page = await fixture.open('/shop/1');
    expect(page.status).toBe(200);
  });
});
