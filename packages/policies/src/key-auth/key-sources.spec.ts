import { describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { keyAuth } from './policy.ts';
import { keyAuthSchema } from './schema.ts';

const keys = [
  { key: 'the-key-of-acme', consumer: { username: 'acme' } },
  { key: 'needs%&+=encoding', consumer: { username: 'acme' } },
  { key: 'the-key-of-hooli', consumer: { username: 'hooli' } },
];
const everywhere = {
  queryNames: ['api_key'],
  cookieNames: ['session-key'],
  webSocketProtocol: 'key.',
};
const withConfig = (config: z.input<typeof keyAuthSchema.config> = everywhere) =>
  new PolicyTester(keyAuth, config, { keys });

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };

describe('key-auth', () => {
  it.each<[string, { query?: string; headers?: Record<string, string> }, Record<string, string>]>([
    ['the query', { query: 'a=1&api_key=the-key-of-acme&b=2' }, { query: 'a=1&b=2' }],
    ['an encoded query', { query: 'api_key=needs%25%26%2B%3Dencoding' }, { query: '' }],
    [
      'a cookie',
      { headers: { Cookie: 'a="1"; session-key=the-key-of-acme; b=2' } },
      { cookie: 'a="1"; b=2' },
    ],
    [
      'a subprotocol',
      {
        headers: {
          ...upgrade,
          'Sec-WebSocket-Protocol': 'key.the-key-of-acme, chat.v2, chat.v1',
        },
      },
      { 'sec-websocket-protocol': 'chat.v2, chat.v1' },
    ],
  ])(
    'finds a key in %s, and removes nothing else',
    async (_what, request, { query, ...fields }) => {
      const { consumer, forwarded } = await withConfig().send(request);
      expect(consumer?.username).toBe('acme');
      expect(forwarded?.query).toBe(query ?? '');
      for (const [name, value] of Object.entries(fields))
        expect(forwarded?.headers.get(name)).toBe(value);
      const kept = await withConfig({ ...everywhere, hideCredentials: false }).send(request);
      expect(kept.forwarded?.query).toBe('query' in request ? request.query : '');
      if ('headers' in request)
        for (const [name, value] of Object.entries(request.headers))
          expect(kept.forwarded?.headers.get(name)).toBe(value);
    },
  );

  it('reads none of them unless it is configured', async () => {
    for (const request of [
      { query: 'api_key=the-key-of-acme' },
      { headers: { Cookie: 'session-key=the-key-of-acme' } },
      { headers: { ...upgrade, 'Sec-WebSocket-Protocol': 'key.the-key-of-acme' } },
    ])
      expect((await withConfig({}).send(request)).status).toBe(401);
  });

  const two = (one: string, other: string) => [
    { query: `api_key=${one}`, headers: { 'X-API-Key': other } },
    { query: `api_key=${one}&api_key=${other}` },
    { query: `api_key=${one}&api%5Fkey=${other}` },
    { query: `api_key=${one}`, headers: { Cookie: `session-key=${other}` } },
    { headers: { Cookie: `session-key=${one}; session-key=${other}` } },
    { headers: { Cookie: `session-key=${one}`, 'Sec-WebSocket-Protocol': `key.${other}` } },
    { headers: { 'Sec-WebSocket-Protocol': `key.${one}, key.${other}` } },
    { headers: { apikey: one, 'Sec-WebSocket-Protocol': `key.${other}` } },
  ];
  it.each(two('the-key-of-acme', 'the-key-of-hooli'))(
    'refuses two different keys in %j',
    async (request) => {
      expect(await withConfig({ ...everywhere, optional: true }).send(request)).toMatchObject({
        status: 401,
        reply: { code: 'invalid_credential', detail: expect.stringContaining('two different') },
      });
    },
  );
  it.each(two('the-key-of-acme', 'the-key-of-acme'))(
    'accepts the same key twice in %j, and removes both',
    async (request) => {
      const { status, forwarded } = await withConfig().send(request);
      expect([status, forwarded?.query]).toEqual([200, '']);
      const text = JSON.stringify(forwarded?.headers.entries());
      expect(text).not.toContain('the-key');
    },
  );

  it.each([
    ['a wrong one', { query: 'api_key=unknown' }],
    ['one that is not well encoded', { query: 'api_key=%zz' }],
    ['one that is too long', { query: `api_key=${'x'.repeat(4_000)}` }],
    ['one with a trailing space', { query: 'api_key=the-key-of-acme%20' }],
  ])('refuses %s, also when keys are optional', async (_what, request) => {
    const answer = await withConfig({ ...everywhere, optional: true }).send(request);
    expect(answer).toMatchObject({ status: 401, reply: { code: 'invalid_credential' } });
  });

  it('counts empty values as none, and removes them', async () => {
    const { status, forwarded } = await withConfig({ ...everywhere, optional: true }).send({
      query: 'api_key=&a=1&api_key',
      headers: { Cookie: 'session-key=', 'Sec-WebSocket-Protocol': 'key.' },
    });
    expect([status, forwarded?.query, forwarded?.headers.size]).toEqual([200, 'a=1', 0]);
  });

  it('lets only pages of the same host open a WebSocket with the key of a cookie', async () => {
    const config = { ...everywhere, webSocketOrigins: ['https://App.example.net:8443'] };
    const status = async (
      Origin: string,
      more: object = { Cookie: 'session-key=the-key-of-acme' },
    ) => (await withConfig(config).send({ headers: { ...upgrade, Origin, ...more } })).status;
    expect(await status('https://api.example.com')).toBe(200);
    expect(await status('https://api.example.com:8443')).toBe(200);
    expect(await status('https://app.example.net:8443')).toBe(200);
    for (const foreign of [
      'https://app.example.net',
      'https://evil.example',
      'https://api.example.com.evil.example',
      'https://evil.example/api.example.com',
      'https://api.example.com@evil.example',
      'null',
      'file://',
      '',
    ])
      expect([foreign, await status(foreign)]).toEqual([foreign, 403]);
    // A page that knows the key sends it by itself.
    const inProtocol = { 'Sec-WebSocket-Protocol': 'key.the-key-of-acme' };
    expect(await status('https://evil.example', inProtocol)).toBe(200);
    // Its browser adds the cookie.
    const both = { ...inProtocol, Cookie: 'session-key=the-key-of-acme' };
    expect(await status('https://evil.example', both)).toBe(200);
    const plain = await withConfig(config).send({
      headers: { Origin: 'https://evil.example', Cookie: 'session-key=the-key-of-acme' },
    });
    expect(plain.status).toBe(200);
  });

  it.each([
    [{ queryNames: ['api_key'] }, 'header="x-api-key"', 'in the header x-api-key'],
    [
      { headerNames: [], queryNames: ['api_key'] },
      'query="api_key"',
      'in the query parameter api_key',
    ],
    [{ headerNames: [], cookieNames: ['k'] }, 'cookie="k"', 'in the cookie k'],
    [
      { headerNames: [], webSocketProtocol: 'key.' },
      'subprotocol="key."',
      'as a WebSocket subprotocol, after key.',
    ],
  ])('says for %j where the key belongs', async (config, parameter, place) => {
    const { response, reply } = await withConfig(config).send();
    expect(response.headers.get('www-authenticate')).toBe(`ApiKey realm="sluice", ${parameter}`);
    expect(reply?.detail).toBe(`Send your key ${place}.`);
  });

  it('changes nothing in shadow mode', async () => {
    const tester = new PolicyTester(keyAuth, everywhere, { keys, mode: 'shadow' });
    const query = 'api_key=the-key-of-acme&a';
    const { consumer, forwarded } = await tester.send({ query });
    expect([consumer, forwarded?.query]).toEqual([undefined, query]);
  });

  it.each([
    [{ headerNames: [] }, 'name at least one part'],
    [{ queryNames: ['a b'] }, 'only letters'],
    [{ cookieNames: ['a=b'] }, 'only letters'],
    [{ webSocketProtocol: 'a, b' }, 'not a token'],
    [{ webSocketOrigins: ['app.example.com'] }, 'not an origin'],
  ])('refuses the configuration %j', (config, fault) => {
    const parsed = keyAuthSchema.config.safeParse(config);
    expect(parsed.error?.issues[0]?.message).toContain(fault);
  });
});
