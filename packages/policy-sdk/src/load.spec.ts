import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const example = join(repository, 'examples/policies/require-header');

/**
 * Loads in a real Node process: the test runner has its own module loader, which does not support
 * hooks.
 */
const program = `
  import * as sdk from '@sluice/policy-sdk';
  import * as zod from 'zod';
  import * as loader from '@sluice/policy-sdk/load';
  const { what, directory, timeoutMs } = JSON.parse(process.env.LOAD);
  globalThis.installation = { sdk, zod };
  try {
    const loaded = await loader[what](directory, { timeoutMs });
    console.log(JSON.stringify({ loaded: loaded.map((each) => what === 'loadPolicies' ? [each.schema.name, Object.keys(each.compile({ header: 'x', values: [] }))] : each.unusable === undefined ? [each.name] : [each.name, each.unusable]) }));
  } catch (error) {
    console.log(JSON.stringify({ message: error.message }));
  }`;

interface Outcome {
  readonly loaded?: readonly unknown[];
  readonly message?: string;
  readonly stderr: string;
}

async function load(
  what: 'loadPolicies' | 'loadPolicySchemas',
  directory: string,
  timeoutMs?: number,
): Promise<Outcome> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=sluice-source', '--input-type=module', '--eval', program],
    {
      cwd: repository,
      timeout: 10_000,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        LOAD: JSON.stringify({ what, directory, timeoutMs }),
      },
    },
  );
  return { ...(JSON.parse(stdout) as Omit<Outcome, 'stderr'>), stderr };
}

describe('the loader of policies', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-policies-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
  }

  it('runs TypeScript and JavaScript from a directory without node_modules, without warnings', async () => {
    await cp(example, join(directory, 'require-header'), { recursive: true });
    await write({
      'README.md': 'not a policy',
      '.git/config': 'not a policy',
      'add-stamp/schema.js': `
        import { definePolicySchema } from '@sluice/policy-sdk';
        import { z } from 'zod';
        import { summary } from './words.js';
        if (globalThis.installation.sdk.definePolicySchema !== definePolicySchema) throw new Error('another policy-sdk');
        if (globalThis.installation.zod.z !== z) throw new Error('another zod');
        export const schema = definePolicySchema({ name: 'add-stamp', summary, phases: ['transform'], config: z.looseObject({}) });`,
      'add-stamp/words.js': `export const summary = 'Adds a stamp.';`,
      'add-stamp/policy.js': `
        import { definePolicy } from '@sluice/policy-sdk';
        import { GatewayError } from '@sluice/errors';
        import { schema } from './schema.js';
        export const policy = definePolicy({ schema, compile: () => ({ transform: () => { throw new GatewayError('policy_failed'); } }) });`,
    });
    const policies = await load('loadPolicies', directory);
    expect(policies).toEqual({
      loaded: [
        ['add-stamp', ['transform']],
        ['require-header', ['validate']],
      ],
      stderr: '',
    });
    await rm(join(directory, 'add-stamp/policy.js'));
    expect(await load('loadPolicySchemas', directory)).toEqual({
      loaded: [['add-stamp'], ['require-header']],
      stderr: '',
    });
  });

  it('follows a link to a policy in another directory', async () => {
    await cp(example, join(directory, 'elsewhere'), { recursive: true });
    await mkdir(join(directory, 'policies'));
    await symlink(join(directory, 'elsewhere'), join(directory, 'policies/require-header'));
    expect((await load('loadPolicies', join(directory, 'policies'))).loaded).toEqual([
      ['require-header', ['validate']],
    ]);
  });

  it('names every fault, its file and the remedy', async () => {
    const schema = (name: string): string => `
      import { definePolicySchema } from '@sluice/policy-sdk';
      import { z } from 'zod';
      export const schema = definePolicySchema({ name: '${name}', summary: '', phases: ['limit'], config: z.strictObject({}) });`;
    await write({
      'a/schema.ts': '\nexport enum Colour { Red }',
      'b/schema.ts': 'export const schema = {',
      'c/schema.ts': `import nothing from 'not-installed-anywhere'; export const schema = nothing;`,
      'd/schema.js': 'export const shcema = 1;',
      'e/notes.txt': '',
      'f/schema.ts': schema('g'),
      'h/schema.ts': 'export const schema = { name: "h" };',
      'i/schema.ts': schema('i'),
      'i/schema.js': schema('i'),
      'j/schema.ts': schema('j'),
      'k/schema.ts': schema('k'),
      'k/policy.ts': 'export const policy = { compile: () => ({}) };',
      'l/schema.ts': `throw new Error('no luck');`,
      'm/schema.ts': 'await new Promise(() => {});',
      'n/schema.ts': `import { z } from 'zod';
        export const schema = { name: 'n', summary: '', phases: ['sometime'], attach: ['route'], answers: false, answersPreflight: false, config: z.strictObject({}) };`,
      'o/schema.ts': `import { z } from 'zod';
        export const schema = { name: 'o', summary: '', phases: ['receive'], attach: ['consumer'], answers: false, answersPreflight: false, config: z.strictObject({}) };`,
    });
    const { message } = await load('loadPolicies', directory, 300);
    expect(message?.split('\n')).toEqual([
      `the policies in ${directory} cannot be loaded:`,
      expect.stringMatching(
        /^ {2}a\/schema.ts cannot be run: line 2: .*enum.*write without enum, namespace and parameter properties$/,
      ),
      expect.stringMatching(/^ {2}b\/schema.ts cannot be run: line 1: /),
      expect.stringMatching(
        /^ {2}c\/schema.ts cannot be run: Cannot find package 'not-installed-anywhere'.*packages installed in its folder$/,
      ),
      '  d/schema.js exports shcema: write "export const schema = definePolicySchema({ … })"',
      '  e has no schema.ts or schema.js: add one, or move the folder out of the policies directory',
      '  f/schema.ts: its schema is named "g" and its folder "f": give both the same name',
      '  h/schema.ts: its schema is not one: make it with definePolicySchema({ name, summary, phases, config })',
      '  i has both schema.ts and schema.js: keep one of them',
      '  j has no policy.ts or policy.js: add one, or move the folder out of the policies directory',
      '  k/policy.ts: its policy is not one: make it with definePolicy({ schema, compile }) and the schema of k/schema.ts',
      '  l/schema.ts cannot be run: no luck',
      '  m/schema.ts did not load within 300 ms: wait for nothing at the top level',
      expect.stringContaining(
        '  n/schema.ts: policy "n" names the phase "sometime": the phases are receive, authenticate,',
      ),
      '  o/schema.ts: policy "o" cannot be attached to a consumer: its receive phase is over before the caller is known',
    ]);
  });

  it('finds hooks that would never run, without a configuration', async () => {
    const schema = (name: string, config: string): string => `
      import { definePolicySchema } from '@sluice/policy-sdk';
      import { z } from 'zod';
      export const schema = definePolicySchema({ name: '${name}', summary: '', phases: ['limit'], config: z.strictObject({ ${config} }) });`;
    const policy = (compile: string): string => `
      import { definePolicy } from '@sluice/policy-sdk';
      import { schema } from './schema.js';
      export const policy = definePolicy({ schema, compile(config, host) { ${compile} } });`;
    const policies = {
      'a-default': ['at: z.number().default(3)', 'return { validate() {}, limit: undefined };'],
      'b-required': [
        'name: z.string(), list: z.array(z.string())',
        `const client = host.http({ url: config.name }); const names = new Set(config.list);
         for (let index = 0; index < config.list.length; index++) names.add(config.list[index].trim() + 1);
         host.timers.every(config.list.length, () => client.request());
         return { settle: () => {}, close: () => { throw new Error('of close'); } };`,
      ],
      'c-no-phase': ['', 'return new (class { limited() {} })();'],
      'd-fine': ['header: z.string()', 'return { limit: () => undefined };'],
      'e-conditional': [
        'early: z.boolean().default(false)',
        'return config.early ? { receive() {} } : {};',
      ],
      'f-throws': ['', `throw new Error('no luck');`],
      'g-broken': ['', 'return {'],
      'h-odd': ['all: z.any()', 'return config.all;'],
    };
    for (const [name, [config = '', compile = '']] of Object.entries(policies))
      await write({
        [`${name}/schema.js`]: schema(name, config),
        [`${name}/policy.js`]: policy(compile),
      });
    const misplaced = (name: string, phase: string): string =>
      `policy "${name}" has a hook for "${phase}": list it in the phases of its schema, which are limit`;
    expect(await load('loadPolicySchemas', directory)).toEqual({
      loaded: [
        ['a-default', misplaced('a-default', 'validate')],
        ['b-required', misplaced('b-required', 'settle')],
        [
          'c-no-phase',
          expect.stringContaining('"c-no-phase" has a hook for "limited", which is no phase'),
        ],
        ['d-fine'],
        ['e-conditional'],
        ['f-throws'],
        ['g-broken'],
        ['h-odd'],
      ],
      stderr: '',
    });
  });

  it('refuses references, which a control plane would not resolve', async () => {
    await write({
      'mine/schema.js': `
        import { definePolicySchema } from '@sluice/policy-sdk';
        import { z } from 'zod';
        export const schema = definePolicySchema({
          name: 'mine', summary: 'Mine.', phases: ['authorize'], references: { group: 'group' },
          config: z.strictObject({ group: z.string() }),
        });`,
    });
    const { message } = await load('loadPolicySchemas', directory);
    expect(message).toContain(
      'mine/schema.js: its schema has "references", which only the policies that come with Sluice can have',
    );
  });

  it('refuses the folder of one policy, and names its parent', async () => {
    for (const file of ['schema.ts', 'policy.js']) {
      const folder = join(directory, file);
      await mkdir(folder);
      await writeFile(join(folder, file), '');
      expect((await load('loadPolicySchemas', folder)).message).toBe(
        `${folder} is the folder of one policy, because it has ${file}: set SLUICE_POLICIES_DIR to its parent folder, ${directory}`,
      );
    }
  });

  it('says so when there is no such directory', async () => {
    const { message } = await load('loadPolicySchemas', join(directory, 'none'));
    expect(message).toBe(
      `the policies directory ${directory}/none cannot be read (ENOENT): create it, or set SLUICE_POLICIES_DIR to where your policies are`,
    );
  });
});
