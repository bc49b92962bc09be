import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { findPinnedNode } from './pinned-node.mjs';
import { runScript } from './run-script.mjs';
import { SetupFault } from './setup-fault.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Installs what is missing, then runs the script and ends as it ends.
 * @param {readonly string[]} args the script, relative to the root of the checkout, and its arguments
 */
export async function bootstrap([script, ...args], root = join(here, '..', '..')) {
  try {
    if (script === undefined) throw new SetupFault('Say which script to run: node scripts/bootstrap.mjs scripts/start.ts');
    await ensureInstalled(root);
    await runScript({ node: findPinnedNode(root), script: join(root, script), args, root });
  } catch (error) {
    console.error(error instanceof SetupFault ? error.message : error);
    process.exitCode = 1;
  }
}
