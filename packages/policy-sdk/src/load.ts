import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { importPart, PolicyFault } from './load/policy-folder.ts';
import { serveFromHere } from './load/serve-from-here.ts';
import type { Policy, PolicySchema } from './policy.ts';

export interface LoadOptions {
  /** How long one file may take. 10,000 by default. */
  readonly timeoutMs?: number | undefined;
}

const defaultTimeoutMs = 10_000;

/**
 * Loads the schemas of the policies in a directory: `<directory>/<name>/schema.ts` (or `.js`), each with an export named
 * `schema`. No `policy.ts` is touched. Sorted by name.
 *
 * TypeScript is run as it is, with its types stripped. The files may import `zod`, `@sluice/policy-sdk`, `@sluice/schema`
 * and `@sluice/errors`, which come from this installation, so that the directory needs no node_modules. Loading twice
 * gives what was loaded first: a changed policy takes a restart.
 *
 * Throws an Error that lists everything that is wrong, file by file, and what to do about it.
 */
export async function loadPolicySchemas(directory: string, { timeoutMs = defaultTimeoutMs }: LoadOptions = {}): Promise<PolicySchema[]> {
  return loadAll(directory, (folder, name) => importPart(folder, name, 'schema', timeoutMs));
}

/** Loads the policies in a directory, schemas and all: `<directory>/<name>/policy.ts` as well. See {@link loadPolicySchemas}. */
export async function loadPolicies(directory: string, { timeoutMs = defaultTimeoutMs }: LoadOptions = {}): Promise<Policy[]> {
  return loadAll(directory, async (folder, name) => {
    await importPart(folder, name, 'schema', timeoutMs);
    return importPart(folder, name, 'policy', timeoutMs);
  });
}

async function loadAll<Loaded>(directory: string, load: (folder: string, name: string) => Promise<Loaded>): Promise<Loaded[]> {
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
  if (faults.length > 0) throw new Error(`the policies in ${directory} cannot be loaded:\n${faults.join('\n')}`);
  return loaded;
}

/** Every folder is a policy, except those whose names begin with a dot and node_modules. Files beside them are ignored. */
async function folderNames(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Error(`the policies directory ${directory} cannot be read (${reason}): create it, or set SLUICE_POLICIES_DIR to where your policies are`, {
      cause,
    });
  }
}
