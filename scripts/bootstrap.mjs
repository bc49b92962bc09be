/**
 * Runs one of the project's scripts on the Node that the project pins, whatever Node is on this
 * machine:
 *
 *     node scripts/bootstrap.mjs scripts/start.ts [arguments]
 *
 * A fresh checkout needs nothing but Node 20.19 and npm 10: the dependencies, the pinned Node among
 * them, are installed first. This file stays plain JavaScript of an older kind, so that an old Node
 * can still read it and say what is wrong.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Sluice needs Node 20.19 or later to start; it installs Node 26 for itself. This is Node ${process.version}.\nGet one from https://nodejs.org, or with "nvm install 22", and try again.`,
  );
  process.exitCode = 1;
} else {
  import('./bootstrap/bootstrap.mjs').then(({ bootstrap }) => bootstrap(process.argv.slice(2)));
}
