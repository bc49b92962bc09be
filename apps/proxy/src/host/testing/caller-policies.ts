import {
  definePolicy,
  definePolicySchema,
  deny,
  principal,
  unrecognised,
  type Policy,
  type PolicyHost,
  type Principal,
  type Reply,
  type Unrecognised,
} from '@sluice/policy-sdk';
import { z } from 'zod';

const wrong = deny('invalid_credential');
const unsure = unrecognised(wrong);

/** Finds out who calls by the value of a header, as the tests of combinations write it. */
function findingOf(host: PolicyHost, value: string): Principal | Unrecognised | Reply {
  if (value === 'fail') throw new Error('the store of tokens is down');
  if (value === 'doubt') return unsure;
  if (value === 'subject') return principal({ subject: 'jane', claims: {} });
  const consumer = host.consumers.find({ username: value });
  return consumer === undefined ? wrong : principal({ consumer });
}

/**
 * An alternative that reads a header of its own name. Its config chooses whether it is optional or
 * required, and whether it waits.
 */
function headerAlternative(name: string): Policy {
  const config = z.strictObject({
    optional: z.boolean().default(false),
    required: z.boolean().default(false),
    isLate: z.boolean().default(false),
  });
  return definePolicy({
    schema: definePolicySchema({
      name,
      summary: 'Recognises callers by a header.',
      phases: ['authenticate'],
      authenticates: true,
      config,
    }),
    compile: ({ optional, required, isLate }, host) => ({
      challenges: [`Token header="x-${name}"`],
      optional,
      required,
      authenticate({ headers }) {
        const value = headers.get(`x-${name}`);
        if (value === undefined) return undefined;
        return isLate
          ? new Promise((resolve) => setImmediate(resolve)).then(() => findingOf(host, value))
          : findingOf(host, value);
      },
    }),
  });
}

/** Authorises requests with the help of a service: refuses with X-Gate: no, and fails with fail. */
const gate = definePolicy({
  schema: definePolicySchema({
    name: 'gate',
    summary: 'Asks a service.',
    phases: ['authorize'],
    authorizes: true,
    onError: 'closed',
    config: z.strictObject({}),
  }),
  compile: () => ({
    async authorize({ headers }) {
      const value = headers.get('x-gate');
      if (value === 'fail') throw new Error('the service is down');
      return value === 'no' ? deny('forbidden') : undefined;
    },
  }),
});

/** Policies for tests of combinations. Tests only. */
export const callerPolicies: readonly Policy[] = [
  headerAlternative('token-a'),
  headerAlternative('token-b'),
  gate,
];
