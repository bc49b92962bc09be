import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** The version of the release that {@link buildLaterRelease} makes. */
export const laterVersion = '99.0.0';

const gadget = `import { Name, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';

export const gadgetKind = defineKind({
  name: 'gadget',
  collection: 'gadgets',
  schema: z.strictObject({ name: Name, label: z.string().max(64).optional(), tags: Tags }),
  delivery: 'every-node',
  since: 2,
  example: () => ({}),
});
`;

/**
 * Builds the release after this one in a folder: this checkout with
 * - schema level 2,
 * - the properties `note` of routes and `zone` of targets, which older nodes may serve without,
 * - the property `guard` of services, without which they must not serve them,
 * - the kind `gadget`.
 * It copies what is built and compiles only the package that it changes.
 */
export async function buildLaterRelease(folder: string): Promise<void> {
  await linkDependencies(folder);
  for (const kind of ['packages', 'apps'])
    for (const name of await readdir(join(root, kind))) await copyBuilt(folder, join(kind, name));
  const config = join(folder, 'packages/config');
  await cp(join(root, 'packages/config/src'), join(config, 'src'), { recursive: true });
  await writeFile(join(config, 'src/resources/gadget.ts'), gadget);
  await edit(config, 'src/schema-level.ts', /schemaLevel = \d+/, 'schemaLevel = 2');
  await edit(
    config,
    'src/resources/index.ts',
    /(?=\n\/\*\*)/,
    "import { gadgetKind } from './gadget.ts';\n",
  );
  await edit(config, 'src/resources/index.ts', /\n\] as const/, '\n  gadgetKind,\n] as const');
  await edit(config, 'src/resources/route.ts', /^( *)tags: Tags,$/m, member('note', 'skip'));
  await edit(config, 'src/resources/service.ts', /^( *)tags: Tags,$/m, member('guard', 'refuse'));
  await edit(
    config,
    'src/resources/service.ts',
    /^( *)address: TargetAddress,$/m,
    (line, indent) => `${line}\n${indent}zone: z.string().max(64).optional().meta({ since: 2 }),`,
  );
  await cp(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
  await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(config, 'tsconfig.json')],
    { timeout: 120_000 },
  ).catch((error: Error & { stdout?: string }) => {
    throw new Error(`the later release does not compile:\n${error.stdout ?? error.message}`);
  });
}

function member(name: string, ifUnknown: string): string {
  const meta = `{ since: 2, ifUnknown: '${ifUnknown}' }`;
  return `$1tags: Tags,\n$1${name}: z.string().max(64).optional().meta(${meta}),`;
}

type Replacement = string | ((...parts: string[]) => string);

async function edit(folder: string, file: string, from: RegExp, to: Replacement): Promise<void> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  const edited = typeof to === 'string' ? text.replace(from, to) : text.replace(from, to);
  if (edited === text) throw new Error(`${file} has no ${from.source}: adapt the later release`);
  await writeFile(path, edited);
}

/** Links what comes from npm, and the packages of the folder instead of ours. */
async function linkDependencies(folder: string): Promise<void> {
  const modules = join(root, 'node_modules');
  const own = join(folder, 'node_modules/@sluice');
  await mkdir(own, { recursive: true });
  for (const name of await readdir(modules))
    if (name !== '@sluice' && !name.startsWith('.'))
      await symlink(join(modules, name), join(folder, 'node_modules', name));
  for (const name of await readdir(join(root, 'packages')))
    await symlink(join(folder, 'packages', name), join(own, name));
}

async function copyBuilt(folder: string, workspace: string): Promise<void> {
  const from = join(root, workspace);
  const to = join(folder, workspace);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (name === 'node_modules') await symlink(join(from, name), join(to, name));
    else if (name !== 'src') await cp(join(from, name), join(to, name), { recursive: true });
  }
  const manifest = join(to, 'package.json');
  const content = JSON.parse(await readFile(manifest, 'utf8')) as object;
  await writeFile(manifest, JSON.stringify({ ...content, version: laterVersion }));
}
