import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { definePolicy, definePolicySchema } from '../policy.ts';
import { deny, reply } from '../reply.ts';
import { PolicyTester, type PolicyTesterOptions } from './policy-tester.ts';
import type { PolicyHooks } from '../policy.ts';

const text = (bytes: Uint8Array | string | undefined): string =>
  typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);

function tester(hooks: PolicyHooks, options: PolicyTesterOptions = {}): PolicyTester {
  return new PolicyTester(
    definePolicy({
      schema: definePolicySchema({
        name: 'content',
        summary: 'Reads.',
        phases: ['validate', 'received', 'respond'],
        config: z.strictObject({}),
      }),
      compile: () => hooks,
    }),
    {},
    options,
  );
}

describe('content in PolicyTester', () => {
  it('can be read and replaced; the length is known afterwards', async () => {
    const lengths: number[] = [];
    const policy = tester({
      validate: async (exchange) => {
        lengths.push(exchange.contentLength);
        const { bytes, complete } = await exchange.requestBody.read({ maxBytes: 10 });
        exchange.requestBody.replace(`<${text(bytes)} ${String(complete)}>`, 'text/plain');
        lengths.push(exchange.contentLength);
        return undefined;
      },
    });
    const { forwarded } = await policy.send({
      body: 'abc',
      contentLength: -1,
      headers: { 'content-encoding': 'gzip' },
    });
    expect([text(forwarded?.body), forwarded?.headers.entries()]).toEqual([
      '<abc true>',
      [['content-type', 'text/plain']],
    ]);
    expect(lengths).toEqual([-1, 10]);
  });

  it.each(['open', 'closed'] as const)('too large: 413, onError %s', async (onError) => {
    const policy = tester(
      {
        validate: async ({ requestBody }) =>
          void (await requestBody.read({ maxBytes: 2 })) as undefined,
      },
      { onError },
    );
    expect(await policy.send({ body: 'abc' })).toMatchObject({ status: 413, faults: [] });
  });

  it('too large: 413 also when the policy ignores that, and partial when it asks for it', async () => {
    const careless = tester({
      validate: async ({ requestBody }) => {
        await requestBody.read({ maxBytes: 2 }).catch(() => undefined);
        return undefined;
      },
    });
    expect((await careless.send({ body: 'abc' })).status).toBe(413);
    let seen: unknown;
    const partial = tester({
      validate: async ({ requestBody }) => {
        seen = await requestBody.read({ maxBytes: 2, over: 'partial' });
        return undefined;
      },
    });
    expect((await partial.send({ body: 'abc' })).status).toBe(200);
    expect(seen).toEqual({ bytes: new Uint8Array([97, 98]), complete: false });
  });

  it('is not changed by a policy in shadow mode', async () => {
    const policy = tester(
      {
        validate: async ({ requestBody }) => {
          requestBody.replace('other');
          await requestBody.read({ maxBytes: 1 });
          return undefined;
        },
        received: async (_, { body }) => {
          body.replace('other');
          await body.read({ maxBytes: 1 });
        },
        respond: () => reply(299),
      },
      { mode: 'shadow' },
    );
    const answer = await policy.send({ body: 'abc', upstream: { body: 'content' } });
    expect([text(answer.forwarded?.body), text(answer.response.content)]).toEqual([
      'abc',
      'content',
    ]);
    expect(answer).toMatchObject({ status: 200, shadow: ['content', 'content', 'content'] });
  });

  it('of the response can be read, transformed, watched and replaced', async () => {
    const watched: unknown[] = [];
    const policy = tester({
      received: async ({ path }, { body, headers }) => {
        body.transform({ chunk: (bytes) => bytes.map((byte) => byte - 32) });
        body.observe({
          chunk: (bytes) => watched.push(text(bytes)),
          end: (all) => watched.push(all),
        });
        const { bytes } = await body.read({ maxBytes: 100 });
        headers.set('X-Length', String(bytes.length));
        if (path === '/new') body.replace('new', 'text/plain');
        if (path === '/denied') return deny('forbidden');
        return undefined;
      },
    });
    const upstream = { body: 'abc', headers: { ETag: '"1"' } };
    const { response } = await policy.send({ upstream });
    expect([text(response.content), response.headers.entries()]).toEqual([
      'ABC',
      [['x-length', '3']],
    ]);
    expect(watched).toEqual(['ABC', true]);
    expect(text((await policy.send({ path: '/new', upstream })).response.content)).toBe('new');
    expect(await policy.send({ path: '/denied', upstream })).toMatchObject({ status: 403 });
  });

  it('of a response that must stay as it is is not changed', async () => {
    const results: boolean[] = [];
    const policy = tester({
      received: (_, { body }) => {
        results.push(body.replace('x'), body.transform({ chunk: () => undefined }));
      },
    });
    for (const upstream of [
      { status: 206, body: 'abc' },
      { status: 204 },
      { body: 'abc', headers: { 'Cache-Control': 'no-transform' } },
    ])
      await policy.send({ upstream });
    await policy.send({ method: 'HEAD', upstream: { body: 'abc' } });
    expect(results).toEqual(Array(8).fill(false));
  });

  it('answers of respond are final', async () => {
    let runs = 0;
    const policy = tester({
      respond: async () => {
        runs++;
        return reply(299, [], 'mine');
      },
    });
    expect(await policy.send()).toMatchObject({ status: 299, repliedBy: 'content' });
    expect(runs).toBe(1);
  });
});
