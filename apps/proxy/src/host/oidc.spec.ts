import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startOpenIdProvider, type OpenIdProvider } from '@sluice/testkit';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { WebBrowser, type Page } from './testing/web-browser.ts';

/** The policy `oidc` in the proxy, with a real OpenID provider and its login form. */
let origin: RawOrigin;
let provider: OpenIdProvider;
let proxy: ProxyFixture;
let browser: WebBrowser;
let app: string;

beforeAll(() => import('undici'));
beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  browser = new WebBrowser();
});
afterEach(async () => {
  await proxy.stop();
  origin.stop();
  await provider.stop();
});

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');
const sessionKeys = ['a secret of 32 characters or more, no 1'];

async function start(config: object = {}, others: { name: string; config?: object }[] = []) {
  proxy = await ProxyFixture.start();
  app = `http://localhost:${proxy.port}`;
  provider = await startOpenIdProvider({
    redirectUris: [`${app}/.sluice/oidc/callback`],
    postLogoutRedirectUris: [`${app}/`],
  });
  const { issuer, clientId, clientSecret } = provider;
  const common = { issuer, clientId, clientSecret, allowPrivateAddresses: true, sessionKeys };
  const policies = [
    { name: 'oidc', config: { ...common, publicUrls: [app], ...config } },
    ...others,
  ];
  await proxy.apply([
    resource('gateway', { name: 'default', policies } as never),
    resource('consumer', { username: 'jane' }),
    resource('service', { name: 'shop', targets: [{ address: origin.address }] }),
    resource('route', { name: 'shop', paths: ['/shop/*'], service: 'service-shop' }),
  ]);
}

async function logIn(path = '/shop/1?a=1&b=%20', as = 'jane'): Promise<Page> {
  const form = await browser.open(`${app}${path}`);
  return await browser.submit(form, { login: as, password: 'any' });
}

describe('oidc in the proxy', () => {
  it('logs a person in and out, and tells the upstream who it is', async () => {
    await start({ consumer: { claim: ['preferred_username'] } });
    const page = await logIn();
    expect([page.status, page.text, page.url]).toEqual([200, 'hello', `${app}/shop/1?a=1&b=%20`]);
    expect(forwarded()).toMatch(/x-consumer-username: jane/i);
    expect(forwarded()).not.toMatch(/__Host-/i);
    const cookies = browser.cookiesOf('localhost');
    expect([...cookies.keys()]).toEqual(['__Host-sluice-session']);
    cookies.set('a', '1');
    expect((await browser.open(`${app}/shop/2`)).status).toBe(200);
    expect(forwarded()).toMatch(/GET \/shop\/2.*cookie: a=1\r\n/is);

    const question = await browser.open(`${app}/.sluice/oidc/logout`);
    expect(question.url).toContain(`${provider.issuer}/session/end`);
    const form = /value="([^"]*)"/.exec(question.text)?.[1] ?? '';
    expect(form).not.toBe('');
    expect([...cookies.keys()]).toEqual(['a']);
    const again = await browser.open(`${app}/shop/3`, { follows: false });
    expect(again.status).toBe(302);
  });
});
