import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a folder of custom policies with a policy that reads content. Returns its path. */
export function writeReadingPolicy(folder: string): string {
  const directory = join(folder, 'policies');
  mkdirSync(join(directory, 'bench-reader'), { recursive: true });
  writeFileSync(
    join(directory, 'bench-reader/schema.js'),
    `import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
export const schema = definePolicySchema({
  name: 'bench-reader',
  summary: 'Reads content.',
  phases: ['validate'],
  config: z.strictObject({ reads: z.enum(['none', 'marked', 'all']).describe('Which content.') }),
});
`,
  );
  writeFileSync(
    join(directory, 'bench-reader/policy.js'),
    `import { definePolicy } from '@sluice/policy-sdk';
import { schema } from './schema.js';
export const policy = definePolicy({
  schema,
  compile: ({ reads }) => ({
    validate(exchange) {
      const isMarked = exchange.headers.has('x-read');
      if (reads === 'none' || (reads === 'marked' && !isMarked)) return undefined;
      return exchange.requestBody.read({ maxBytes: 65536 }).then(() => undefined);
    },
  }),
});
`,
  );
  return directory;
}
