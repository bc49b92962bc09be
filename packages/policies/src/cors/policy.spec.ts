import { describe, expect, it } from '@jest/globals';
import { PolicyTester, type TestAnswer } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { keyAuth } from '../key-auth/policy.ts';
import { originMatcher } from './origin-matcher.ts';
import { cors } from './policy.ts';
import type { corsSchema } from './schema.ts';

type Config = z.input<typeof corsSchema.config>;
const app = 'https://app.example.com';

const fieldsOf = ({ response }: TestAnswer): Record<string, string> =>
  Object.fromEntries(response.headers.entries());
const preflight = (config: Config, headers: Record<string, string> = {}): Promise<TestAnswer> =>
  new PolicyTester(cors, config).send({
    method: 'OPTIONS',
    headers: { Origin: app, 'Access-Control-Request-Method': 'PUT', ...headers },
  });

describe('cors', () => {
  it('answers a preflight request without the upstream and without a key', async () => {
    const tester = new PolicyTester(cors, {
      origins: [app],
      headers: ['Content-Type', 'X-Tenant'],
      maxAgeSeconds: 60,
    }).with(keyAuth, {});
    const answer = await tester.send({
      method: 'OPTIONS',
      headers: {
        Origin: app,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'x-tenant',
      },
    });
    expect(answer).toMatchObject({
      status: 204,
      forwarded: undefined,
      repliedBy: 'cors',
      response: { content: undefined },
    });
    expect(fieldsOf(answer)).toEqual({
      'access-control-allow-origin': app,
      'access-control-allow-methods': 'GET, HEAD, PUT, PATCH, POST, DELETE',
      'access-control-allow-headers': 'Content-Type, X-Tenant',
      'access-control-max-age': '60',
      vary: 'Origin',
    });
  });

  it('permits the requested headers when the configuration names none', async () => {
    const fields = fieldsOf(
      await preflight({ origins: ['*'] }, { 'Access-Control-Request-Headers': 'x-a, X-B' }),
    );
    expect(fields).toMatchObject({
      'access-control-allow-headers': 'x-a, X-B',
      vary: 'Access-Control-Request-Headers',
    });
    expect(fieldsOf(await preflight({ origins: ['*'] }))).not.toHaveProperty(
      'access-control-allow-headers',
    );
    expect(
      fieldsOf(
        await preflight(
          { origins: ['*'] },
          { 'Access-Control-Request-Headers': 'not names; at all' },
        ),
      ),
    ).not.toHaveProperty('access-control-allow-headers');
  });

  it.each([
    [
      'two lines',
      [
        ['Access-Control-Request-Headers', 'x-a'],
        ['Access-Control-Request-Headers', 'x-b, x-c'],
      ],
      'x-a, x-b, x-c',
    ],
    ['empty members', [['Access-Control-Request-Headers', ', x-a,,\tx-b ,']], 'x-a, x-b'],
    ['an empty line', [['Access-Control-Request-Headers', '']], undefined],
    [
      'one line that is no list of names',
      [
        ['Access-Control-Request-Headers', 'x-a'],
        ['Access-Control-Request-Headers', 'x b'],
      ],
      undefined,
    ],
  ] as const)('reads the headers that are asked for as a list: %s', async (_, lines, expected) => {
    const request = [['Origin', app], ['Access-Control-Request-Method', 'PUT'], ...lines] as const;
    const answer = await new PolicyTester(cors, { origins: ['*'] }).send({
      method: 'OPTIONS',
      headers: request,
    });
    expect([answer.status, answer.response.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expected,
    ]);
  });

  it('treats two Origin fields as an origin that is not allowed', async () => {
    const answer = await new PolicyTester(cors, { origins: ['*'] }).send({
      headers: [
        ['Origin', app],
        ['Origin', app],
      ],
    });
    expect(fieldsOf(answer)).toEqual({});
  });

  it.each([
    ['origins', { origins: ['*'] }],
    ['headers', { origins: [app], headers: ['X-A', '*'] }],
    ['exposedHeaders', { origins: [app], exposedHeaders: ['*'] }],
    ['methods', { origins: [app], methods: ['*'] }],
  ])('refuses "*" in %s together with credentials', (property, config) => {
    expect(() => new PolicyTester(cors, { ...config, credentials: true })).toThrow(`/${property}/`);
  });

  it('permits nothing to an origin that is not allowed', async () => {
    const answer = await preflight({ origins: ['https://other.example.com'], headers: [] });
    expect(answer.status).toBe(204);
    expect(fieldsOf(answer)).toEqual({ vary: 'Origin' });
  });

  it('lets other OPTIONS requests through', async () => {
    const tester = new PolicyTester(cors, { origins: ['*'] });
    expect((await tester.send({ method: 'OPTIONS' })).forwarded).toBeDefined();
    expect(
      (await tester.send({ method: 'OPTIONS', headers: { Origin: app } })).forwarded,
    ).toBeDefined();
    expect(
      (
        await tester.send({
          method: 'PUT',
          headers: { Origin: app, 'Access-Control-Request-Method': 'PUT' },
        })
      ).forwarded,
    ).toBeDefined();
  });

  it('replaces the CORS fields of the upstream', async () => {
    const tester = new PolicyTester(cors, {
      origins: [app],
      credentials: true,
      exposedHeaders: ['ETag', 'RateLimit'],
    });
    const upstream = {
      headers: {
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Methods': 'TRACE',
        'Access-Control-Expose-Headers': 'Secret',
        Vary: 'Accept',
      },
    };
    const allowed = await tester.send({ headers: { Origin: app }, upstream });
    expect(allowed.response.headers.entries()).toEqual([
      ['vary', 'Accept'],
      ['vary', 'Origin'],
      ['access-control-allow-origin', app],
      ['access-control-allow-credentials', 'true'],
      ['access-control-expose-headers', 'ETag, RateLimit'],
    ]);
    const other = await tester.send({ headers: { Origin: 'https://evil.example' }, upstream });
    expect(other.response.headers.names()).toEqual(['vary']);
  });

  it('adds the fields to responses of the gateway, so that scripts can read errors', async () => {
    const tester = new PolicyTester(cors, { origins: [app] }).with(keyAuth, {});
    const answer = await tester.send({ headers: { Origin: app } });
    expect(answer.status).toBe(401);
    expect(fieldsOf(answer)['access-control-allow-origin']).toBe(app);
  });

  it('adds only Vary to the response when the request has no Origin', async () => {
    const tester = new PolicyTester(cors, { origins: [app] });
    expect(fieldsOf(await tester.send())).toEqual({ vary: 'Origin' });
    for (const vary of ['*', 'accept, ORIGIN'])
      expect(fieldsOf(await tester.send({ upstream: { headers: { Vary: vary } } }))).toEqual({
        vary,
      });
  });

  it('allows every origin with "*", and then sends no Vary', async () => {
    const answer = await new PolicyTester(cors, { origins: ['*'] }).send({
      headers: { Origin: app },
    });
    expect(fieldsOf(answer)).toEqual({ 'access-control-allow-origin': '*' });
  });

  it.each([
    [{ origins: ['*'], credentials: true }, '/origins/0: "*" cannot be combined with credentials'],
    [
      { origins: [app], exposedHeaders: ['ETag', '*'], credentials: true },
      '/exposedHeaders/1: "*" cannot be combined with credentials',
    ],
    [{ origins: [] }, '/origins'],
    [{ origins: ['https://app.example.com/'] }, '/origins/0: not an origin'],
    [{ origins: ['https://App.example.com'] }, '/origins/0'],
    [{ origins: ['app.example.com'] }, '/origins/0'],
    [{ origins: ['https://*'] }, '/origins/0'],
    [{ origins: ['https://app.*.com'] }, '/origins/0'],
    [{ origins: ['https://*.*.example.com'] }, '/origins/0'],
    [{ origins: [app], methods: ['get'] }, '/methods/0: not a method in upper case'],
  ])('refuses the configuration %j', (config, message) => {
    expect(() => new PolicyTester(cors, config)).toThrow(message);
  });
});

describe('originMatcher', () => {
  const matches = originMatcher([
    'https://app.example.com',
    'https://*.example.org',
    'http://*.local:8080',
    'null',
    'capacitor://localhost',
  ]);

  it.each([
    'https://app.example.com',
    'https://a.example.org',
    'https://a.b.example.org',
    'http://x.local:8080',
    'null',
    'capacitor://localhost',
  ])('allows %s', (origin) => expect(matches(origin)).toBe(true));

  it.each([
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://example.org',
    'https://evilexample.org',
    'https://.example.org',
    'https://a..example.org',
    'https://evil.example/.example.org',
    'https://evil.example#.example.org',
    'https://user@evil.example.org',
    'http://x.local',
    '',
  ])('does not allow %s', (origin) => expect(matches(origin)).toBe(false));
});
