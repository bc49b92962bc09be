import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { dataSlot } from './data.ts';
import { definePolicy, definePolicySchema } from './policy.ts';
import { deny, type Reply } from './reply.ts';
import { PolicyTester } from './testing/index.ts';

const rest = {
  name: 'tenants',
  summary: 'For this spec.',
  phases: ['authorize', 'validate'] as const,
  config: z.strictObject({}),
};
const schema = definePolicySchema({
  ...rest,
  errors: {
    tenant_unknown: { status: 403, title: 'The tenant is not known' },
    tenant_store_failed: {
      status: 503,
      title: 'The tenants could not be read',
      source: 'upstream',
    },
  },
});

const answering = (answer: () => Reply): PolicyTester =>
  new PolicyTester(definePolicy({ schema, compile: () => ({ authorize: answer }) }), {});

describe('the errors of a policy', () => {
  it('become a problem document with their code', async () => {
    const { status, response, outcome } = await answering(() =>
      deny(schema.errors.tenant_unknown, 'Ask for access.', [['X-A', '1']]),
    ).send();
    expect(status).toBe(403);
    expect(JSON.parse(String(response.content))).toMatchObject({
      type: 'urn:sluice:error:tenant_unknown',
      code: 'tenant_unknown',
      title: 'The tenant is not known',
      status: 403,
      detail: 'Ask for access.',
    });
    expect(response.headers.get('x-a')).toBe('1');
    expect(outcome).toMatchObject({
      code: 'tenant_unknown',
      source: 'client',
      stoppedBy: 'tenants',
    });
  });

  it('have a source and a default for retry', () => {
    expect(schema.errors.tenant_store_failed).toMatchObject({ source: 'upstream', retry: true });
    expect(schema.errors.tenant_unknown).toMatchObject({ source: 'client', retry: false });
  });

  it.each([
    ['TenantUnknown', { status: 403, title: 'x' }, 'is not named in snake_case'],
    ['forbidden', { status: 403, title: 'x' }, 'is one of the gateway'],
    ['tenant', { status: 200, title: 'x' }, 'has the status 200: use one from 400 to 599'],
    ['tenant', { status: 403, title: ' ' }, 'needs a title'],
  ])('are refused when they are not well-formed: %s %j', (code, error, message) => {
    expect(() => definePolicySchema({ ...rest, errors: { [code]: error } })).toThrow(message);
  });

  it('are the only codes that a policy may send besides those of the catalogue', async () => {
    expect(() => deny('tenant_unknown' as never)).toThrow('pass schema.errors.tenant_unknown');
    const other = definePolicySchema({
      ...rest,
      errors: { tenant_moved: { status: 410, title: 'x' } },
    });
    await expect(answering(() => deny(other.errors.tenant_moved)).send()).rejects.toThrow(
      'with the code "tenant_moved", which is neither in the error catalogue nor in the errors of its schema',
    );
    const made = { ...deny('forbidden'), code: 'made_up', error: undefined };
    await expect(answering(() => made).send()).rejects.toThrow('the code "made_up"');
  });
});

describe('data of an exchange', () => {
  const tenant = dataSlot<{ readonly id: string }>('tenant');
  const writer = definePolicy({
    schema,
    compile: () => ({
      authorize: (exchange) => exchange.data.set(tenant, { id: 'acme' }) as undefined,
    }),
  });
  const reader = definePolicy({
    schema: definePolicySchema({ ...rest, name: 'reader' }),
    compile: () => ({
      validate: (exchange) => deny('forbidden', exchange.data.get(tenant)?.id ?? 'none'),
    }),
  });

  it('reaches later policies and phases, and no other exchange', async () => {
    const tester = new PolicyTester(writer, {}).with(reader, {});
    expect((await tester.send()).reply?.detail).toBe('acme');
    expect((await new PolicyTester(reader, {}).send()).reply?.detail).toBe('none');
  });

  it('set in shadow mode reaches no other policy', async () => {
    const tester = new PolicyTester(writer, {}, { mode: 'shadow' }).with(
      reader,
      {},
      { mode: 'enforce' },
    );
    expect((await tester.send()).reply?.detail).toBe('none');
  });
});
