import { realpath } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Packages that policies may import without installing them, so that the gateway and policies share
 * one instance.
 */
const served = /^(?:zod|@sluice\/(?:policy-sdk|schema|errors))(?:\/|$)/;

/** One set per process, because a hook for module resolution applies to the process. */
const roots = new Set<string>();

/**
 * Lets modules below these directories import the packages of this installation. Such modules are
 * ES modules, even without a package.json that says so. The hook stays for the life of the process.
 */
export async function serveFromHere(directories: readonly string[]): Promise<void> {
  const hooked = roots.size > 0;
  for (const directory of directories)
    roots.add(pathToFileURL((await realpath(directory)) + sep).href);
  if (hooked) return;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const fromPolicy = context.parentURL !== undefined && isBelowRoot(context.parentURL);
      if (fromPolicy && served.test(specifier))
        return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      const resolved = nextResolve(specifier, context);
      if (!isBelowRoot(resolved.url)) return resolved;
      if (resolved.url.endsWith('.ts')) return { ...resolved, format: 'module-typescript' };
      return resolved.url.endsWith('.js') ? { ...resolved, format: 'module' } : resolved;
    },
  });
}

/** Packages that a policy installs itself are not redirected. */
function isBelowRoot(url: string): boolean {
  if (url.includes('/node_modules/')) return false;
  for (const root of roots) if (url.startsWith(root)) return true;
  return false;
}
