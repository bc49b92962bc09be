import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
/** Runs in the process before the program is loaded. */
const withoutLatin1Slice = 'data:text/javascript,delete Buffer.prototype.latin1Slice';

it('does not start with a Node that has no Buffer.latin1Slice', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=sluice-source', '--import', withoutLatin1Slice, program],
    { encoding: 'utf8', timeout: 30_000 },
  );
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^sluice-proxy: Node v.* has no Buffer\.latin1Slice as Sluice expects/),
  ]);
});
