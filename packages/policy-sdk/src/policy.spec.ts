import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { definePolicySchema } from './policy.ts';

const rest = { summary: 'A policy.', config: z.strictObject({}) };

describe('definePolicySchema', () => {
  it('fills in what most policies leave out', () => {
    const schema = definePolicySchema({ name: 'key-auth', phases: ['authenticate'], ...rest });
    expect(schema).toMatchObject({ attach: ['gateway', 'service', 'route', 'group', 'consumer'], onError: undefined });
    expect(Object.isFrozen(schema)).toBe(true);
  });

  it.each(['KeyAuth', 'key_auth', '-key', 'key-', '2fa', ''])('refuses the name "%s"', (name) => {
    expect(() => definePolicySchema({ name, phases: ['authenticate'], ...rest })).toThrow(`policy name "${name}" is not kebab-case`);
  });

  it('refuses a policy that does nothing', () => {
    expect(() => definePolicySchema({ name: 'idle', phases: [], ...rest })).toThrow('policy "idle" names no phase');
  });
});
