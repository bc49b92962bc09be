import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { launchBrowser } from '@sluice/testkit';
import type { Browser, Page } from 'playwright-core';
import { FixtureNode } from '../testing/fixture-node.ts';
import { startTestControlPlane, testAdminToken } from '../testing/test-control-plane.ts';
import type { TestControlPlane } from '../testing/test-control-plane.ts';

const nodeToken = 'n5Xw2Tq8Rk4Vb7Zm1Yc6Hd3J';

/** Does what a reader can do: opens the page, logs in, and presses Execute for every operation. */
describe('the pages under /docs, in a browser', () => {
  let api: TestControlPlane;
  let node: FixtureNode;
  let browser: Browser;
  let page: Page;
  const strayRequests: string[] = [];

  beforeAll(async () => {
    api = await startTestControlPlane({ SLUICE_NODE_TOKEN: nodeToken });
    const port = Number(/"stream":"127\.0\.0\.1:(\d+)"/.exec(api.log())?.[1]);
    // A node, because no request can create one.
    node = new FixtureNode(port, { id: 'node-1', token: nodeToken });
    await node.until(() => node.revision > 0);
    browser = await launchBrowser();
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    // The styles are not tested, and rendering takes most of the time.
    await page.route('**/*.{css,png}', (route) => route.abort());
    page.on('request', (request) => {
      if (!request.url().startsWith(api.url) && !request.url().startsWith('data:'))
        strayRequests.push(request.url());
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    node?.close();
    await api?.close();
  });

  it('every operation succeeds with its example, on a new database, from top to bottom', async () => {
    await page.goto(`${api.url}/docs`);
    await page.locator('.auth-wrapper .authorize').click();
    await page.locator('.auth-container input').fill(testAdminToken);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();

    const answers: Record<string, string> = {};
    const tags = await page.locator('.opblock-tag-section').count();
    // Opening one section at a time leaves less to render after every click.
    await page.evaluate("document.querySelectorAll('.opblock-tag').forEach((tag) => tag.click())");
    for (let tag = 0; tag < tags; tag++) {
      for (const { title, status, text } of await page.evaluate<Executed[]>(executeSection(tag))) {
        answers[title] = /^2\d\d$/.test(status) ? status : `${status} ${text}`;
      }
    }
    const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    expect(Object.entries(answers).filter(([, status]) => status.length !== 3)).toEqual([]);
    expect(Object.keys(answers)).toHaveLength(
      Object.values(paths).reduce((sum, item) => sum + Object.keys(item).length, 0),
    );
    expect(strayRequests).toEqual([]);
  }, 400_000);
});

interface Executed {
  readonly title: string;
  readonly status: string;
  readonly text: string;
}

/**
 * Runs in the page: opens a section and, for every operation in it, presses "Try it out" and
 * "Execute", and reads the response.
 */
const executeSection = (tag: number): string => `(async () => {
  const section = document.querySelectorAll('.opblock-tag-section')[${tag}];
  const found = async (place, selector) => {
    for (let attempt = 0; attempt < 6_000; attempt++) {
      const element = place().querySelector(selector);
      if (element) return element;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('section ${tag} shows no ' + selector);
  };
  (await found(() => section, '.opblock-tag')).click();
  await found(() => section, '.opblock');
  const executed = [];
  for (let index = 0; index < section.querySelectorAll('.opblock').length; index++) {
    const operation = () => section.querySelectorAll('.opblock')[index];
    const title = (await found(operation, '.opblock-summary-method')).textContent + ' ' + (await found(operation, '.opblock-summary-path')).dataset.path;
    (await found(operation, '.opblock-summary-control')).click();
    (await found(operation, '.try-out__btn')).click();
    (await found(operation, '.btn.execute')).click();
    const status = (await found(operation, '.live-responses-table .response .response-col_status')).textContent.trim().slice(0, 3);
    const text = (await found(operation, '.live-responses-table .response .response-col_description')).textContent.slice(0, 500);
    (await found(operation, '.opblock-summary-control')).click();
    executed.push({ title, status, text });
  }
  (await found(() => section, '.opblock-tag')).click();
  return executed;
})()`;
