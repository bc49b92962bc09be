import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorMessage, errorCode } from '@sluice/errors';
import { importPart, PolicyFault } from './load/policy-folder.ts';
import { placementFault } from './load/placed-hooks.ts';
import { serveFromHere } from './load/serve-from-here.ts';
import type { Policy, PolicySchema } from './policy.ts';

export interface LoadOptions {
  /** Time limit for loading one file, in milliseconds. 10,000 by default. */
  readonly timeoutMs?: number | undefined;
}

const defaultTimeoutMs = 10_000;

/**
 * Loads the schemas of the policies in a directory: `<directory>/<name>/schema.ts` (or `.js`), each
 * with an export named `schema`. Sorted by name. A `policy.ts` beside it that can be loaded is
 * compiled once; when one of its hooks would never run, the schema is `unusable`.
 *
 * TypeScript runs directly, with its types stripped. The files may import `zod`,
 * `@sluice/policy-sdk`, `@sluice/schema` and `@sluice/errors` from this installation, so that the
 * directory needs no node_modules. Loading again returns the first version: a changed policy takes
 * effect after a restart.
 *
 * Throws an Error that lists every fault, file by file, and how to fix it.
 */
export async function loadPolicySchemas(
  directory: string,
  { timeoutMs = defaultTimeoutMs }: LoadOptions = {},
): Promise<PolicySchema[]> {
  return loadAll(directory, async (folder, name) => {
    const schema = await importPart(folder, name, 'schema', timeoutMs);
    const policy = await importPart(folder, name, 'policy', timeoutMs).catch(ifMissing);
    const unusable = policy === undefined ? undefined : placementFault(policy);
    return unusable === undefined ? schema : Object.freeze({ ...schema, unusable });
  });
}

/** The control plane needs no policy; nodes report a missing or broken one. */
function ifMissing(fault: unknown): undefined {
  if (fault instanceof PolicyFault) return undefined;
  throw fault;
}

/**
 * Loads the policies in a directory: their schemas, and `<directory>/<name>/policy.ts`. See
 * {@link loadPolicySchemas}.
 */
export async function loadPolicies(
  directory: string,
  { timeoutMs = defaultTimeoutMs }: LoadOptions = {},
): Promise<Policy[]> {
  return loadAll(directory, async (folder, name) => {
    await importPart(folder, name, 'schema', timeoutMs);
    return importPart(folder, name, 'policy', timeoutMs);
  });
}

async function loadAll<Loaded>(
  directory: string,
  load: (folder: string, name: string) => Promise<Loaded>,
): Promise<Loaded[]> {
  const names = await folderNames(directory);
  await serveFromHere([directory, ...names.map((name) => join(directory, name))]);
  const loaded: Loaded[] = [];
  const faults: string[] = [];
  for (const name of names) {
    try {
      loaded.push(await load(join(directory, name), name));
    } catch (fault) {
      if (!(fault instanceof PolicyFault)) throw fault;
      faults.push(`  ${fault.message}`);
    }
  }
  if (faults.length > 0)
    throw new Error(`the policies in ${directory} cannot be loaded:\n${faults.join('\n')}`);
  return loaded;
}

/**
 * Every folder is a policy, except node_modules and folders whose names start with a dot. Other
 * files in the directory are ignored; the files of a policy show that it is the folder of one.
 */
async function folderNames(directory: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    const reason = errorCode(cause) ?? errorMessage(cause);
    throw new Error(
      `the policies directory ${directory} cannot be read (${reason}): create it, or set SLUICE_POLICIES_DIR to where your policies are`,
      {
        cause,
      },
    );
  }
  const part = entries.find(({ name }) => /^(?:schema|policy)\.[jt]s$/.test(name));
  if (part !== undefined)
    throw new Error(
      `${directory} is the folder of one policy, because it has ${part.name}: set SLUICE_POLICIES_DIR to its parent folder, ${dirname(resolve(directory))}`,
    );
  return entries
    .filter(
      (entry) =>
        (entry.isDirectory() || entry.isSymbolicLink()) &&
        !entry.name.startsWith('.') &&
        entry.name !== 'node_modules',
    )
    .map((entry) => entry.name)
    .sort();
}
