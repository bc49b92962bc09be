import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SetupError } from '@sluice/errors';
import { operatorTokens } from '../apps/control-plane/src/platform/auth/operator-tokens.ts';
import { readSettings } from '../apps/control-plane/src/platform/env.ts';
import { JsonLogger } from '../apps/control-plane/src/platform/logger.ts';
import { readStreamProtection } from '../apps/control-plane/src/stream/tls/stream-security.ts';
import { ConfigState } from '../apps/proxy/src/config/config-state.ts';
import { LastGood } from '../apps/proxy/src/config/last-good.ts';

/** A folder below /proc can be created by no user: the system answers ENOENT without end. */
const dataDir = '/proc/nope';

/** It looped in `mkdirSync`, used a whole core, and ignored SIGTERM. */
it('the control plane says that it cannot write to its folder', () => {
  const settings = readSettings({ DATABASE_URL: 'postgres://u@h/d', SLUICE_DATA_DIR: dataDir });
  const start = (): unknown =>
    operatorTokens(settings, new JsonLogger('info', { write: () => undefined }));
  expect(start).toThrow(SetupError);
  expect(start).toThrow(/Cannot write \/proc\/nope\/\S+-token: E.*SLUICE_DATA_DIR/s);
});

/** It looped in `mkdir`, and never listened. */
it('the proxy starts, and says that it stores no snapshot', async () => {
  const state = new ConfigState();
  const logged: string[] = [];
  const note = (_: object, message: string) => void logged.push(message);
  const log = { info: note, warn: note, error: note };
  const lastGood = new LastGood({ dataDir, key: undefined, gateway: 'default', state, log });
  expect(await lastGood.load()).toBeUndefined();
  lastGood.keep(() => ({ epoch: 'e', revision: 1, records: [] }));
  await lastGood.flush();
  expect(state.lastGoodError).toMatch(/^The folder \/proc\/nope cannot be written \(E/);
  expect(logged).toEqual(['the last good configuration is not stored']);
});

/** The generated certificate of the config stream is stored in the same folder. */
it('the control plane says that it cannot store the certificate of its config stream', async () => {
  const settings = readSettings({
    DATABASE_URL: 'postgres://u@h/d',
    SLUICE_DATA_DIR: dataDir,
    SLUICE_STREAM_TLS: '1',
  });
  await expect(readStreamProtection(settings)).rejects.toThrow(
    /Cannot write \/proc\/nope\/.*ENOENT/s,
  );
});

/** `link` answers EEXIST and reading ENOENT, so each attempt led to another one. */
it('the control plane refuses a certificate that is a link to nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-link-'));
  try {
    const settings = readSettings({
      DATABASE_URL: 'postgres://u@h/d',
      SLUICE_DATA_DIR: folder,
      SLUICE_STREAM_TLS: '1',
    });
    symlinkSync(join(folder, 'nothing'), settings.streamGeneratedFile);
    await expect(readStreamProtection(settings)).rejects.toThrow(/although it exists/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
