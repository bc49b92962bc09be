import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled, reinstall } from './install.mjs';
import { Interrupted } from './interruption.mjs';
import { findPinnedNode, NoPinnedNode } from './pinned-node.mjs';
import { runScript } from './run-script.mjs';
import { SetupFault } from './setup-fault.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Installs what is missing, then runs the script and ends as it ends. Arguments that ask for help,
 * or are invalid, are handled before that.
 * @param {readonly string[]} args the script, relative to the root of the checkout, and its
 * arguments
 */
export async function bootstrap([script, ...args], root = join(here, '..', '..')) {
  try {
    if (script === undefined)
      throw new SetupFault('Say which script to run: node scripts/bootstrap.mjs scripts/start.ts');
    const { help, fault } = await readArguments(script, args, root);
    if (fault !== undefined) throw new SetupFault(fault);
    if (help !== undefined) {
      process.stdout.write(help);
      return;
    }
    await ensureInstalled(root);
    await runScript({ node: await pinnedNode(root), script: join(root, script), args, root });
  } catch (error) {
    if (error instanceof Interrupted) endInterrupted(error);
    else {
      console.error(error instanceof SetupFault ? error.message : error);
      process.exitCode = 1;
    }
  }
}

/**
 * Each script may have a file in `scripts/arguments` that reads its arguments on any Node, before
 * anything is installed.
 */
async function readArguments(script, args, root) {
  const reader = join(root, 'scripts', 'arguments', `${basename(script, '.ts')}.mjs`);
  if (!existsSync(reader)) return {};
  const module = await import(pathToFileURL(reader).href);
  return module.readArguments(args);
}

async function pinnedNode(root) {
  try {
    return findPinnedNode(root);
  } catch (error) {
    if (!(error instanceof NoPinnedNode) || !error.isIncomplete) throw error;
    await reinstall(root);
    return findPinnedNode(root);
  }
}

/** Ends this process by the signal, now that no child process runs. */
function endInterrupted({ signal, installer }) {
  console.error(
    installer === undefined
      ? '\nInterrupted while the dependencies were being installed. The next start installs them from the beginning.'
      : `\nStopped waiting; process ${installer} goes on installing.`,
  );
  process.exitCode = 1;
  if (signal !== undefined) process.kill(process.pid, signal);
}
