import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { builtInPolicies } from './runtime.ts';
import { builtInPolicySchemas } from './schemas.ts';

const source = dirname(fileURLToPath(import.meta.url));
const read = (...path: string[]): string => readFileSync(join(source, ...path), 'utf8');

interface JsonSchema {
  readonly description?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** Every `./` and `../` import, and those of every imported file. */
function importedFrom(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path = ''] of read(file).matchAll(/from '(\.[^']+)'/g))
    importedFrom(join(dirname(file), path), seen);
  return seen;
}

describe('the built-in policies', () => {
  it('are the same, in the same alphabetical order, in both entries and as folders', () => {
    const names = builtInPolicySchemas.map(({ name }) => name);
    const folders = readdirSync(source, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(source, entry.name, 'policy.ts')))
      .map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(folders.sort()).toEqual(names);
    expect(builtInPolicies.map(({ schema }) => schema)).toEqual(builtInPolicySchemas);
  });

  it('have schemas that see no runtime', () => {
    const files = importedFrom('schemas.ts');
    expect([...files].filter((file) => file.endsWith('policy.ts'))).toEqual([]);
    const bare = [...files].flatMap((file) =>
      [...read(file).matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name),
    );
    // The library parses and checks expressions, so that faults are reported at the write.
    expect(new Set(bare)).toEqual(
      new Set(['@marcbachmann/cel-js', '@sluice/policy-sdk', '@sluice/schema', 'zod']),
    );
  });

  describe.each(builtInPolicySchemas.map((schema) => [schema.name, schema] as const))(
    '%s',
    (name, schema) => {
      it('describes every field and refuses unknown ones', () => {
        const json = z.toJSONSchema(schema.config, { io: 'input' }) as JsonSchema;
        expect(json.additionalProperties).toBe(false);
        const fields = Object.entries(json.properties ?? {});
        expect(fields.length).toBeGreaterThan(0);
        for (const [field, { description = '' }] of fields)
          expect([field, description]).toEqual([field, expect.stringMatching(/^\S.{9,}\.$/)]);
      });

      it('says in one sentence what it does', () => {
        expect(schema.summary).toMatch(/^[A-Z][^.]+\.$/);
      });

      it('has a page that says why and when, with the same summary, every field and two examples that are valid', () => {
        const page = read(name, 'README.md');
        expect(page.startsWith(`# ${name}\n\n${schema.summary}\n`)).toBe(true);
        expect(page).toMatch(/^\*\*Why\.\*\* /m);
        expect(page).toMatch(/^\*\*When\.\*\* /m);
        const json = z.toJSONSchema(schema.config, { io: 'input' }) as JsonSchema;
        for (const field of Object.keys(json.properties ?? {}))
          expect(page).toContain(`| \`${field}\` |`);
        const examples = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(
          ([, text = '']) => JSON.parse(text) as Record<string, unknown>,
        );
        expect(examples.length).toBeGreaterThanOrEqual(2);
        for (const { name: attached, config = {}, onError, ...rest } of examples) {
          expect(attached).toBe(name);
          expect(rest).toEqual({});
          expect(onError === undefined || schema.onError !== undefined).toBe(true);
          expect(schema.config.safeParse(config).error?.issues).toBeUndefined();
        }
      });
    },
  );
});
