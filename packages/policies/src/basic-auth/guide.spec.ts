import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { verifyPassword } from '@sluice/passwords';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe('the guide to configuration files', () => {
  it('has a command that hashes a password', async () => {
    const guide = await readFile(`${root}docs/guides/config-file.md`, 'utf8');
    const [command = ''] = /^printf .*?(?=^```)/ms.exec(guide) ?? [];
    // From the sources, so that the test needs no build.
    const env = { ...process.env, NODE_OPTIONS: '--conditions=sluice-source' };
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: root, env });
    expect(await verifyPassword(stdout.trim(), 'open sesame')).toBe(true);
  });
});
