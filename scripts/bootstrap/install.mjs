import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { explainNpmFailure, isFaultOfTree } from './explain-npm-failure.mjs';
import { withInstallLock } from './install-lock.mjs';
import { faultOfTree, forgetInstall, removeTree } from './installed-tree.mjs';
import { interruptibly } from './interruption.mjs';
import { findNpm, npmCi } from './npm-ci.mjs';
import { SetupFault } from './setup-fault.mjs';

/**
 * Makes sure that `node_modules` matches `package-lock.json`; otherwise runs `npm ci`. One process
 * installs at a time, the others wait for it. A tree that npm cannot repair is removed and
 * installed again.
 * @param {string} root the checkout
 * @throws SetupFault that says what to do; Interrupted when this process was asked to end, after
 * npm has ended
 */
export async function ensureInstalled(root) {
  if (faultOfTree(root) === undefined) return;
  // The previous holder of the lock may have installed everything.
  await alone(root, async (interruption, lock) => {
    if (faultOfTree(root) !== undefined)
      await install(root, interruption, (pid) => lock.noteChild(pid));
  });
}

/**
 * Installs everything again, although nothing that must be there is missing: npm leaves an optional
 * package out when its download fails.
 * @param {string} root the checkout
 * @throws like `ensureInstalled`
 */
export async function reinstall(root) {
  await alone(root, (interruption, lock) =>
    install(root, interruption, (pid) => lock.noteChild(pid)),
  );
}

async function alone(root, work) {
  requireWritable(root);
  await interruptibly((interruption) =>
    withInstallLock(join(root, '.cache', 'install'), interruption, (lock) =>
      work(interruption, lock),
    ),
  );
}

async function install(root, interruption, onStart) {
  const npm = findNpm();
  const startedAtMs = performance.now();
  console.error(
    'Installing the dependencies with npm ci. This happens once, and again when they change.',
  );
  forgetInstall(root);
  let failure = await npmCi(npm, root, interruption, onStart);
  if (failure !== undefined && isFaultOfTree(failure)) {
    console.error(
      '  node_modules is damaged and npm cannot repair it: removing it and installing again',
    );
    removeTree(root);
    failure = await npmCi(npm, root, interruption, onStart);
  }
  if (failure !== undefined) throw new SetupFault(explainNpmFailure(failure));
  console.error(
    `Installed the dependencies in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s.`,
  );
}

function requireWritable(root) {
  try {
    accessSync(root, constants.W_OK);
  } catch (error) {
    throw new SetupFault(
      `The dependencies cannot be installed: ${root} cannot be written (${error.code}).\nUse a checkout that belongs to you, on a disk that can be written.`,
    );
  }
}
