import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { TestService } from '../../testing/test-service.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { externalAuth } from './policy.ts';
import type { externalAuthSchema } from './schema.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start();
});
afterEach(() => service.stop());

type Config = Partial<z.input<typeof externalAuthSchema.config>>;

const asking = (config: Config = {}, onError: 'open' | 'closed' = 'closed') =>
  new PolicyTester(
    externalAuth,
    { url: service.url, allowPrivateAddresses: true, ...config },
    { onError, consumers: [{ username: 'acme', id: 'c-1', customId: 'a-7', groups: ['gold'] }] },
  );

describe('the cache of external-auth', () => {
  const cache = { seconds: 60 };

  it('depends on the credential and the groups of the caller', async () => {
    const consumer = { username: 'acme', id: 'c-1' };
    const keys = [
      { key: 'one', name: 'laptop', consumer },
      { key: 'two', name: 'phone', consumer },
    ];
    const config = { url: service.url, allowPrivateAddresses: true, cache };
    const tester = new PolicyTester(keyAuth, {}, { keys }).with(externalAuth, config);
    for (const key of ['one', 'two', 'one'])
      expect((await tester.send({ headers: { 'X-API-Key': key } })).status).toBe(200);
    expect(service.received).toHaveLength(2);
    const plain = asking({ cache });
    for (const groups of [['gold'], ['silver'], ['gold']])
      await plain.send({ consumer: { username: 'acme', groups } });
    expect(service.received).toHaveLength(4);
  });

  it.each(['no-store', 'max-age=0', 'max-age=x', 'max-age=60, no-cache'])(
    'shares no answer with %s, not even among parallel requests',
    async (value) => {
      let answers = 0;
      service.handler = (_request, response) => {
        const fields = { 'Cache-Control': value, 'Set-Cookie': `s=${++answers}` };
        response.writeHead(200, fields).end();
      };
      const tester = asking({ cache, clientHeaders: ['Set-Cookie'] });
      const sent = await Promise.all(Array.from({ length: 5 }, () => tester.send()));
      const cookies = sent.map(({ response }) => response.headers.get('set-cookie'));
      expect(new Set(cookies).size).toBe(5);
    },
  );

  it('answers the same question once', async () => {
    service.handler = (_request, response) => response.setHeader('X-User', 'jane').end();
    const tester = asking({ cache, upstreamHeaders: ['X-User'] });
    const request = { path: '/a', headers: { Authorization: 'Bearer t' } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => tester.send(request)));
    for (const { forwarded } of answers) expect(forwarded?.headers.get('x-user')).toBe('jane');
    expect(service.received).toHaveLength(1);
    tester.advance(60_000);
    await tester.send(request);
    expect(service.received).toHaveLength(2);
  });

  it('asks again when anything differs on which the answer depends', async () => {
    const tester = asking({ cache });
    const request = { path: '/a', headers: { Authorization: 'Bearer t' } };
    await tester.send(request);
    const others = [
      { ...request, path: '/b' },
      { ...request, query: '' },
      { ...request, query: 'a=1' },
      { ...request, method: 'POST' },
      { ...request, host: 'other.test' },
      { ...request, scheme: 'https' as const },
      { ...request, clientAddress: '203.0.113.9' },
      { ...request, headers: { Authorization: 'Bearer u' } },
      { ...request, headers: {} },
      { ...request, consumer: { username: 'acme' } },
    ];
    for (const [index, other] of others.entries()) {
      await tester.send(other);
      expect(service.received.length - 2).toBe(index);
    }
    await tester.send(request);
    expect(service.received).toHaveLength(others.length + 1);
  });

  it('depends on the content that is sent', async () => {
    const tester = asking({ cache, method: 'POST', body: {} });
    for (const body of ['a', 'b', 'a']) await tester.send({ method: 'POST', body });
    expect(service.received.map(({ body }) => body)).toEqual(['a', 'b']);
  });

  it('shares an answer where the configuration says so', async () => {
    const tester = asking({ cache: { seconds: 60, by: ['host'] } });
    await tester.send({ path: '/a', clientAddress: '203.0.113.9' });
    await tester.send({ path: '/b', method: 'POST' });
    expect(service.received).toHaveLength(1);
    await tester.send({ path: '/b', host: 'other.test' });
    expect(service.received).toHaveLength(2);
  });

  it.each([
    ['no-store', 0],
    ['no-cache', 0],
    ['public, max-age=0', 0],
    ['private, max-age=5', 5_000],
    ['max-age="5"', 5_000],
    ['max-age=999', 60_000],
    ['s-maxage=5, max-age=30', 5_000],
    ['max-age=-5', 0],
    ['NO-STORE', 0],
  ])('obeys Cache-Control: %s', async (value, ms) => {
    service.handler = (_request, response) => response.setHeader('Cache-Control', value).end();
    const tester = asking({ cache });
    await tester.send();
    tester.advance(Math.max(0, ms - 1));
    await tester.send();
    expect(service.received).toHaveLength(ms === 0 ? 2 : 1);
    tester.advance(2);
    await tester.send();
    expect(service.received).toHaveLength(ms === 0 ? 3 : 2);
  });

  it('stores no cookie, no fault, and a refusal for ten seconds only', async () => {
    const tester = asking({ cache, clientHeaders: ['Set-Cookie'] });
    service.handler = (_request, response) => response.setHeader('Set-Cookie', 's=1').end();
    await tester.send();
    await tester.send();
    expect(service.received).toHaveLength(2);
    service.handler = (_request, response) => response.writeHead(500).end();
    expect((await tester.send()).status).toBe(503);
    service.handler = (_request, response) => response.writeHead(403).end();
    expect((await tester.send()).status).toBe(403);
    expect((await tester.send()).status).toBe(403);
    expect(service.received).toHaveLength(4);
    service.handler = (_request, response) => response.end();
    tester.advance(10_000);
    expect((await tester.send()).status).toBe(200);
  });
});
