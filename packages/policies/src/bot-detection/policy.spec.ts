import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { botDetection } from './policy.ts';

const crawler = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const headless = 'Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36';
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('bot-detection', () => {
  it.each([
    ['a text that is denied', { deny: ['headlesschrome'] }, headless, 403],
    ['in another case', { deny: ['HEADLESSCHROME'] }, headless, 403],
    ['a browser', { deny: ['headlesschrome', 'bot/'] }, browser, 200],
    ['an exception', { deny: ['bot/'], allow: ['Googlebot/'] }, crawler, 200],
    ['another bot than the exception', { deny: ['bot/'], allow: ['Bingbot/'] }, crawler, 403],
    ['parts in their order', { deny: ['mozilla*linux*headless'] }, headless, 403],
    ['parts in another order', { deny: ['linux*mozilla'] }, headless, 200],
    ['parts that overlap', { deny: ['chrome*chrome'] }, headless, 200],
    ['characters of regular expressions', { deny: ['chrome.140'] }, headless, 200],
    ['an empty value', { deny: ['bot/'], allowMissing: false }, ' ', 403],
    ['an empty value that may be', { deny: ['bot/'] }, '', 200],
  ])('%s', async (_what, config, userAgent, status) => {
    const tester = new PolicyTester(botDetection, config);
    for (const _again of [1, 2])
      expect((await tester.send({ headers: { 'User-Agent': userAgent } })).status).toBe(status);
  });

  it('refuses requests without a User-Agent when it is told to', async () => {
    expect((await new PolicyTester(botDetection, { deny: ['bot/'] }).send()).status).toBe(200);
    const { status, reply } = await new PolicyTester(botDetection, { allowMissing: false }).send();
    expect([status, reply?.code]).toEqual([403, 'user_agent_denied']);
  });

  it('looks at every field', async () => {
    const headers = [
      ['User-Agent', browser],
      ['User-Agent', headless],
    ] as const;
    const tester = new PolicyTester(botDetection, { deny: ['headless'] });
    expect((await tester.send({ headers })).status).toBe(403);
  });

  it('decides the same after more values than it keeps', async () => {
    const tester = new PolicyTester(botDetection, { deny: ['bot/'] });
    for (let index = 0; index < 1_100; index += 1)
      await tester.send({ headers: { 'User-Agent': `${browser} ${index}` } });
    expect((await tester.send({ headers: { 'User-Agent': crawler } })).status).toBe(403);
    expect((await tester.send({ headers: { 'User-Agent': browser } })).status).toBe(200);
  });

  it('takes little time for the longest values and the most patterns', async () => {
    const deny = Array.from(
      { length: 200 },
      (_each, index) => `${'a'.repeat(90)}*${'a'.repeat(90)}b${index}`,
    );
    const tester = new PolicyTester(botDetection, { deny });
    const started = process.cpuUsage();
    for (let round = 0; round < 10; round += 1)
      expect((await tester.send({ headers: { 'User-Agent': 'a'.repeat(16_000) } })).status).toBe(
        200,
      );
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 10_000).toBeLessThan(200);
  });

  it('refuses nothing in shadow mode', async () => {
    const tester = new PolicyTester(botDetection, { deny: ['headless'] }, { mode: 'shadow' });
    const answer = await tester.send({ headers: { 'User-Agent': headless } });
    expect(answer).toMatchObject({ status: 200, shadow: ['bot-detection'] });
  });

  it.each([
    [{}, 'refuses nothing'],
    [{ allow: ['bot/'] }, 'refuses nothing'],
    [{ deny: ['*'] }, '/deny/0'],
    [{ deny: ['a*b*c'] }, '/deny/0: write at least three characters'],
    [{ deny: ['bot\u00e9'] }, '/deny/0: not printable ASCII'],
  ])('refuses the configuration %j', (config, fault) => {
    expect(() => new PolicyTester(botDetection, config)).toThrow(fault);
  });
});
