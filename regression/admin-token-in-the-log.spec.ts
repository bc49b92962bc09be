import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { operatorTokens } from '../apps/control-plane/src/platform/auth/operator-tokens.ts';
import { readSettings } from '../apps/control-plane/src/platform/env.ts';
import { JsonLogger } from '../apps/control-plane/src/platform/logger.ts';

/** The first start wrote the token to standard error, which platforms collect and store. */
it('a new admin token is stored in a file that only its owner can read, and neither printed nor logged', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-token-'));
  const written: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: unknown) => written.push(String(text)) > 0;
  try {
    const settings = readSettings({ DATABASE_URL: 'postgres://u@h/d', SLUICE_DATA_DIR: dataDir });
    const { admin, node } = operatorTokens(
      settings,
      new JsonLogger('info', { write: (line) => written.push(line) }),
    );
    const file = join(dataDir, 'admin-token');
    expect(readFileSync(file, 'utf8').trim()).toBe(admin);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(written.join('')).toContain(file);
    for (const secret of [admin, node]) expect(written.join('')).not.toContain(secret);
  } finally {
    process.stderr.write = write;
    rmSync(dataDir, { recursive: true, force: true });
  }
});
