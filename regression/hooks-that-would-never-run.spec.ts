import { afterEach, describe, expect, it } from '@jest/globals';
import {
  definePolicy,
  definePolicySchema,
  deny,
  reply,
  type PolicyHooks,
} from '@sluice/policy-sdk';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { z } from 'zod';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

const policyOf = (hooks: unknown, more: object = {}) => {
  const schema = definePolicySchema({
    name: 'guard',
    summary: '',
    phases: ['validate'],
    config: z.strictObject({}),
    ...more,
  });
  return definePolicy({ schema, compile: () => hooks as PolicyHooks });
};
const refuses = () => deny('forbidden');

class WithAHook {
  authenticate() {
    return refuses();
  }
}

describe('a policy whose hook would never run', () => {
  let proxy: ProxyFixture | undefined;
  afterEach(async () => {
    await proxy?.stop();
  });

  it.each([
    [
      'in a phase that the schema does not name',
      { validate: refuses, authorize: refuses },
      'has a hook for "authorize": list it in the phases of its schema, which are validate',
    ],
    ['that a class brings', new WithAHook(), 'has a hook for "authenticate": list it'],
    [
      'in a phase that does not exist',
      { validate: refuses, autorize: refuses },
      'has a hook for "autorize", which is no phase',
    ],
    [
      'that is no function',
      { validate: deny('forbidden') },
      'the validate hook of policy "guard" is not a function',
    ],
    ['because compile waits', Promise.resolve({ validate: refuses }), 'returned no hooks'],
    ['because there are none', undefined, 'returned no hooks'],
  ])('%s: refused by the node and by the tester', async (_, hooks, reason) => {
    const policy = policyOf(hooks);
    expect(() => new PolicyTester(policy, {})).toThrow(reason);
    proxy = await ProxyFixture.start({ policies: [policy] });
    const outcome = await proxy.target.applySnapshot(1, [
      resource('gateway', { name: 'default' }),
      resource('route', {
        name: 'guarded',
        paths: ['/*'],
        policies: [{ name: 'guard' }, { name: 'static-response' }] as never,
      }),
    ]);
    expect(outcome.quarantined).toEqual([
      expect.objectContaining({
        code: 'policy_compile_failed',
        pointer: '/policies/0/name',
        reason: expect.stringContaining(reason),
      }),
    ]);
    expect((await proxy.get('/')).status).toBe(503);
  });

  it.each(['consumer', 'group'] as const)(
    'on a %s, because the caller is not known yet',
    async (kind) => {
      const policy = policyOf(
        { receive: refuses, validate: refuses },
        { phases: ['receive', 'validate'] },
      );
      // A schema that definePolicySchema did not make can contain this.
      const anywhere = {
        ...policy,
        schema: { ...policy.schema, attach: ['consumer', 'group'] as const },
      };
      proxy = await ProxyFixture.start({ policies: [anywhere] });
      const holder = kind === 'consumer' ? { username: 'a' } : { name: 'a' };
      const outcome = await proxy.target.applySnapshot(1, [
        resource('gateway', { name: 'default' }),
        resource(kind, { ...holder, policies: [{ name: 'guard' }] } as never),
      ]);
      expect(outcome.quarantined).toEqual([
        expect.objectContaining({
          kind,
          reason: expect.stringContaining(
            `has a hook for "receive", which would never run on a ${kind}`,
          ),
        }),
      ]);
    },
  );
});

describe('a custom policy that answers', () => {
  it('needs no service on its route', async () => {
    const teapot = policyOf({ answer: () => reply(418) }, { phases: ['answer'], answers: true });
    const proxy = await ProxyFixture.start({
      policies: [teapot],
      resources: [
        resource('route', { name: 'tea', paths: ['/*'], policies: [{ name: 'guard' }] as never }),
      ],
    });
    expect((await proxy.get('/')).status).toBe(418);
    await proxy.stop();
  });

  it('needs a service when its schema does not declare answers', async () => {
    const proxy = await ProxyFixture.start({ policies: [policyOf({ validate: refuses })] });
    const outcome = await proxy.target.applySnapshot(1, [
      resource('gateway', { name: 'default' }),
      resource('route', { name: 'tea', paths: ['/*'], policies: [{ name: 'guard' }] as never }),
    ]);
    expect(outcome.quarantined).toEqual([
      expect.objectContaining({ pointer: '/service', code: 'invalid_resource' }),
    ]);
    await proxy.stop();
  });

  it.each([
    [{ phases: ['respond'], answers: true }, 'cannot answer in respond'],
    [{ phases: ['answer'], answersPreflight: true }, 'name the phase "receive"'],
    [{ phases: ['anywhere'] }, 'names the phase "anywhere"'],
    [{ attach: ['planet'] }, 'cannot be attached to "planet"'],
  ])('a schema that contradicts itself is refused: %j', (more, reason) => {
    expect(() => policyOf({}, more)).toThrow(reason);
  });
});
