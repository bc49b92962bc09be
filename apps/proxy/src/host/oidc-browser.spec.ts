import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestAuthority, launchBrowser } from '@sluice/testkit';
import { OidcFixture } from './testing/oidc-fixture.ts';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;
type Context = Awaited<ReturnType<Browser['newContext']>>;
type Tab = Awaited<ReturnType<Context['newPage']>>;

/** The policy `oidc` in Chromium, over TLS: the rules of cookies are the browser's own. */
describe('oidc in a browser', () => {
  let fixture: OidcFixture;
  let browser: Browser;
  let context: Context;

  beforeAll(async () => {
    const authority = await createTestAuthority();
    fixture = await OidcFixture.start({
      tls: { host: 'shop.test', certificate: await authority.issue({ names: ['shop.test'] }) },
    });
    browser = await launchBrowser(['--host-resolver-rules=MAP *.test 127.0.0.1']);
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60_000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await fixture?.stop();
  });

  const open = async (path: string): Promise<Tab> => {
    const tab = await context.newPage();
    await tab.goto(`${fixture.app}${path}`);
    return tab;
  };
  const logIn = async (tab: Tab): Promise<void> => {
    await tab.locator('input[name=login]').fill('jane');
    await tab.locator('input[name=password]').fill('any');
    await tab.locator('button[type=submit]').click();
    await tab.waitForURL(`${fixture.app}/shop/**`);
  };
  const fetchIn = (tab: Tab, path: string): Promise<{ status: number; text: string }> =>
    tab.evaluate(
      `fetch(${JSON.stringify(path)}).then(async (r) => ({ status: r.status, text: await r.text() }))`,
    );

  it('logs in from two tabs, keeps its cookies from scripts and other sites, and logs out', async () => {
    const [one, two] = [await open('/shop/1?a=1'), await open('/shop/2')];
    await logIn(one);
    await logIn(two);
    expect([one.url(), two.url()]).toEqual([`${fixture.app}/shop/1?a=1`, `${fixture.app}/shop/2`]);
    expect(await one.textContent('body')).toBe('hello');

    const cookies = await context.cookies(fixture.app);
    expect(cookies).toMatchObject([
      {
        name: '__Host-sluice-session',
        domain: 'shop.test',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
      },
    ]);
    expect(await one.evaluate('document.cookie')).toBe('');
    expect(await fetchIn(one, '/shop/3')).toEqual({ status: 200, text: 'hello' });

    const evil = await context.newPage();
    await evil.route('http://evil.test/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${fixture.app}/shop/4"><button>post</button></form>
          <a id="link" href="${fixture.app}/shop/5">link</a>
          <a id="logout" href="${fixture.app}/.sluice/oidc/logout">log out</a>`,
      }),
    );
    const seen = fixture.forwarded.length;
    await evil.goto('http://evil.test/');
    const posted = evil.waitForResponse(`${fixture.app}/shop/4`);
    await evil.locator('button').click();
    expect((await posted).status()).toBe(401);
    expect(fixture.forwarded.slice(seen)).toBe('');
    await evil.goto('http://evil.test/');
    await evil.locator('#link').click();
    await evil.waitForURL(`${fixture.app}/shop/5`);
    expect(await evil.textContent('body')).toBe('hello');

    // Another site cannot log out: the person is asked, and then the provider asks.
    await evil.goto('http://evil.test/');
    await evil.locator('#logout').click();
    await evil.locator('form[action="/.sluice/oidc/logout"] button').click();
    const root = evil.waitForResponse(`${fixture.app}/`);
    await evil.locator('button[name=logout]').click();
    await root;
    expect(await context.cookies(fixture.app)).toEqual([]);
    const refused = await fetchIn(two, '/shop/6');
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.text)).toMatchObject({
      loginUrl: `${fixture.app}/.sluice/oidc/login`,
    });
    await two.goto(`${fixture.app}/shop/7`);
    expect(await two.locator('input[name=login]').count()).toBe(1);
  }, 120_000);
});
