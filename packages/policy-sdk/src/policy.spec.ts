import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { definePolicySchema } from './policy.ts';

const rest = { summary: 'A policy.', config: z.strictObject({}) };

describe('definePolicySchema', () => {
  it('fills in the defaults', () => {
    const schema = definePolicySchema({ name: 'quota', phases: ['limit'], ...rest });
    expect(schema).toMatchObject({
      attach: ['gateway', 'service', 'route', 'group', 'consumer'],
      onError: undefined,
    });
    expect(Object.isFrozen(schema)).toBe(true);
  });

  it.each(['KeyAuth', 'key_auth', '-key', 'key-', '2fa', ''])('refuses the name "%s"', (name) => {
    expect(() => definePolicySchema({ name, phases: ['authenticate'], ...rest })).toThrow(
      `policy name "${name}" is not kebab-case`,
    );
  });

  it('keeps policies that run before the caller is known away from consumers and groups', () => {
    expect(
      definePolicySchema({ name: 'key-auth', phases: ['authenticate', 'respond'], ...rest }).attach,
    ).toEqual(['gateway', 'service', 'route']);
    expect(
      definePolicySchema({ name: 'key-auth', phases: ['authenticate'], attach: ['route'], ...rest })
        .attach,
    ).toEqual(['route']);
    expect(() =>
      definePolicySchema({
        name: 'key-auth',
        phases: ['authenticate'],
        attach: ['route', 'group'],
        ...rest,
      }),
    ).toThrow(
      'policy "key-auth" cannot be attached to a group: its authenticate phase is over before the caller is known',
    );
  });

  it('refuses a policy without phases', () => {
    expect(() => definePolicySchema({ name: 'idle', phases: [], ...rest })).toThrow(
      'policy "idle" names no phase',
    );
  });
});
