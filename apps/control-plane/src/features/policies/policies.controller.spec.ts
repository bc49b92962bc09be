import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';
import { PoliciesService } from './policies.service.ts';

describe('policies', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it('are listed with the JSON Schema of their configuration', async () => {
    const { body } = await api.get('/v1/policies');
    const names = body.data?.map(({ name }) => name) ?? [];
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['cors', 'key-auth', 'quota', 'rate-limit']));
    expect((await api.get('/v1/policies/rate-limit')).body).toMatchObject({
      name: 'rate-limit',
      origin: 'built-in',
      phases: ['limit'],
      config: {
        type: 'object',
        additionalProperties: false,
        properties: { limit: { type: 'integer' }, windowSeconds: { default: 1 } },
      },
    });
    expect((await api.get('/v1/policies/nothing')).status).toBe(404);
  });

  it('are listed in pages', async () => {
    const first = await api.get('/v1/policies?limit=4');
    const rest = await api.get(`/v1/policies?after=${String(first.body['next'])}`);
    expect([...(first.body.data ?? []), ...(rest.body.data ?? [])]).toEqual(
      (await api.get('/v1/policies')).body.data,
    );
  });

  it('report the faults of an attachment on any kind of resource', async () => {
    const answer = await api.put('/v1/consumers/acme', {
      policies: [
        { name: 'key-auth', config: {} },
        { name: 'rate-limit', config: { limit: 0, window: 1 } },
        { name: 'request-size-limit', config: { maxBodyBytes: 1 }, onError: 'open' },
      ],
    });
    expect(answer.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/policies/0/name',
      '/policies/1/config/limit',
      '/policies/1/config/window',
      '/policies/2/onError',
    ]);
  });
});

describe('custom policies', () => {
  const own = (name: string) =>
    definePolicySchema({
      name,
      summary: 'Does something.',
      phases: ['receive'],
      config: z.strictObject({ word: z.string() }),
    });

  it('are listed among the built-in ones', () => {
    const service = new PoliciesService([own('greeting')]);
    expect(service.get('greeting').body).toMatchObject({
      name: 'greeting',
      origin: 'custom',
      config: { required: ['word'] },
    });
    expect(service.catalogue.has('key-auth')).toBe(true);
  });

  it('must not use a name that is taken', () => {
    expect(() => new PoliciesService([own('key-auth')])).toThrow(
      'two policies are named "key-auth"',
    );
  });
});
