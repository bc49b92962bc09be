import { describe, expect, it } from '@jest/globals';
import { PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import fc from 'fast-check';
import type { z } from 'zod';
import { keyAuth } from '../key-auth/policy.ts';
import { fillTemplate } from './location-template.ts';
import { redirect } from './policy.ts';
import { templateFault, type redirectSchema } from './schema.ts';

type Config = z.input<typeof redirectSchema.config>;

async function locationOf(config: Config, request: TestRequest): Promise<string | undefined> {
  return (await new PolicyTester(redirect, config).send(request)).response.headers.get('location');
}

describe('redirect', () => {
  it('redirects http to https before a key is required', async () => {
    const tester = new PolicyTester(redirect, { scheme: 'https' }).with(keyAuth, {});
    const answer = await tester.send({ path: '/orders', query: 'a=1&b=2' });
    expect(answer).toMatchObject({ status: 308, repliedBy: 'redirect', phases: ['receive'] });
    expect(answer.response.headers.get('location')).toBe('https://api.example.com/orders?a=1&b=2');
  });

  it('lets https pass', async () => {
    expect(
      (await new PolicyTester(redirect, { scheme: 'https' }).send({ scheme: 'https' })).forwarded,
    ).toBeDefined();
  });

  it.each([
    [{ scheme: 'https', port: 8443 }, { path: '/a' }, 'https://api.example.com:8443/a'],
    [{ scheme: 'https' }, { host: '2001:db8::1', path: '/a' }, 'https://[2001:db8::1]/a'],
    [{ scheme: 'https' }, { host: '[2001:db8::1]', path: '/a' }, 'https://[2001:db8::1]/a'],
    [
      { location: 'https://new.example.com{path}{query}' },
      { path: '/a', query: 'q' },
      'https://new.example.com/a?q',
    ],
    [
      { location: 'https://new.example.com{path}{query}' },
      { path: '/a' },
      'https://new.example.com/a',
    ],
    [
      { location: 'https://new.example.com/v2{path}?from={host}' },
      { path: '/a' },
      'https://new.example.com/v2/a?from=api.example.com',
    ],
    [{ location: 'https://{host}/welcome' }, {}, 'https://api.example.com/welcome'],
    [{ location: '/v2{path}{query}' }, { path: '/a', query: 'q' }, '/v2/a?q'],
    [{ location: '{path}/' }, { path: '/a' }, '/a/'],
    [{ location: '/' }, { path: '/a', query: 'q' }, '/'],
  ] as const)('%j sends %j to %s', async (config, request, location) => {
    expect(await locationOf(config, request)).toBe(location);
  });

  it.each([301, 302, 303, 307, 308] as const)('answers with %i when configured', async (status) => {
    expect((await new PolicyTester(redirect, { location: '/', status }).send()).status).toBe(
      status,
    );
  });

  it('answers invalid_host when a request without a host needs https', async () => {
    expect(await new PolicyTester(redirect, { scheme: 'https' }).send({ host: '' })).toMatchObject({
      status: 400,
      reply: { code: 'invalid_host' },
    });
  });

  it.each([
    [{}, 'set either "scheme" or "location"'],
    [{ scheme: 'https', location: '/' }, 'set either "scheme" or "location"'],
    [{ location: '/', status: 200 }, '/status'],
    [
      { location: '//evil.example' },
      '/location: begin with http:// or https:// and a host (or {host}), with one slash, or with {path}',
    ],
    [{ location: '/{path}' }, '/location: begin with'],
    [{ location: '/\\evil.example' }, '/location: begin with'],
    [{ location: 'https://{host}.evil.example/' }, '/location: begin with'],
    [{ location: 'https://example.com{host}' }, '/location: begin with'],
    [{ location: 'https://{path}' }, '/location: begin with'],
    [{ location: 'https://user@example.com/' }, '/location: begin with'],
    [{ location: 'javascript:alert(1)' }, '/location: begin with'],
    [{ location: '{query}' }, '/location: begin with'],
    [{ location: 'https://example.com:99999/' }, '/location: not a URL'],
    [{ location: 'https://example..com/' }, '/location: begin with'],
    [{ location: '/a{user}' }, '/location: {user} is not known: use {path}, {query} and {host}'],
    [{ location: '/a{path' }, '/location: a brace is not part of a placeholder'],
    [{ location: '/a b' }, '/location: use visible ASCII without spaces'],
    [{ location: '/a\r\nSet-Cookie:x' }, '/location: use visible ASCII without spaces'],
  ])('refuses the configuration %j', (config, message) => {
    expect(() => new PolicyTester(redirect, config as Config)).toThrow(message);
  });
});

describe('fillTemplate', () => {
  it('never leaves the host of the template, for any request', () => {
    const piece = fc.constantFrom(
      '{path}',
      '{query}',
      '{host}',
      '/',
      '//',
      '\\',
      'a',
      '.',
      '@',
      ':',
      '?',
      '#',
      '%2F',
    );
    const start = fc.constantFrom(
      'https://good.example',
      'https://good.example:8443',
      '/',
      '{path}',
      '',
    );
    const target = fc.record({
      host: fc.constantFrom('api.example.com', 'evil.example'),
      path: fc
        .array(fc.constantFrom('/evil.example', '/@evil.example', '/:1', '/a'), {
          minLength: 1,
          maxLength: 3,
        })
        .map((parts) => parts.join('')),
      query: fc.constantFrom('', '//evil.example', '@evil.example'),
      hasQuery: fc.boolean(),
    });
    fc.assert(
      fc.property(start, fc.array(piece, { maxLength: 5 }), target, (begin, pieces, request) => {
        const template = begin + pieces.join('');
        fc.pre(templateFault(template) === undefined && !template.startsWith('https://{host}'));
        const { hostname } = new URL(fillTemplate(template, request), 'https://api.example.com/');
        expect(hostname).not.toContain('evil');
      }),
      { seed: 20_271_123, numRuns: 2000 },
    );
  });
});
