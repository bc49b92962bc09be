import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const soak = fileURLToPath(new URL('../../bench/soak/soak.ts', import.meta.url));

describe('the soak', () => {
  it('delivers no response to a client it was not meant for, in a short run', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=sluice-source', soak, '--exchanges', '60000', '--seed', '7'],
      { timeout: 110_000 },
    );
    expect(stdout).toMatch(/\*\*0\*\*/);
  }, 120_000);
});
