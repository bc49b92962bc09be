import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createLogger } from '@sluice/telemetry';
import { ConfigState } from '../apps/proxy/src/config/config-state.ts';
import { LastGood } from '../apps/proxy/src/config/last-good.ts';
import { readEnv } from '../apps/proxy/src/env.ts';
import { ProxyNode } from '../apps/proxy/src/node/node.ts';
import { Serving } from '../apps/proxy/src/node/serving.ts';
import { singleProcess } from '../apps/proxy/src/node/traffic.ts';

const [key, otherKey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

interface Stored {
  readonly key: string;
  readonly gateway: string;
  /** A record that no node can use. */
  readonly isBroken?: boolean;
}

/**
 * `/readyz` said "there is no last good configuration on disk" also when there was one that the node
 * did not use, and the reason of a failed connection ended with gRPC's empty "Resolution note: ".
 */
it.each<[string, Stored | undefined, RegExp]>([
  ['is missing', undefined, /and there is no last good configuration on disk$/],
  ['is damaged', { key, gateway: 'damaged' }, /last-good\.snapshot: it is damaged$/],
  ['has another key', { key: otherKey, gateway: 'default' }, /it was written with another key$/],
  [
    'is of another gateway',
    { key, gateway: 'edge' },
    /it belongs to the gateway "edge", and this node serves "default"$/,
  ],
  [
    'is refused',
    { key, gateway: 'default', isBroken: true },
    /on disk \(revision 7\) was refused: the configuration has no gateway named "default": /,
  ],
])(
  '/readyz and the log give the reason when the last good configuration %s',
  async (_, stored, reason) => {
    await using started = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'sluice-last-good-'));
    started.defer(() => rm(folder, { recursive: true, force: true }));
    if (stored !== undefined) await store(folder, stored);

    const logged: string[] = [];
    const { node, statusPort } = await startNode(folder, logged);
    started.defer(() => node.stop());
    let said = '';
    for (let turn = 0; turn < 200 && !said.includes('ECONNREFUSED'); turn++) {
      const response = await fetch(`http://127.0.0.1:${statusPort()}/readyz`);
      said = ((await response.json()) as { reason: string }).reason;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(said).toMatch(reason);
    expect(said).toMatch(/no control plane has answered \(.*ECONNREFUSED[^()]*[^ .:]\)/);
    expect(said).not.toContain('Resolution note');
    const isLogged = logged.some((line) => /last good configuration|refused a revision/.test(line));
    expect(isLogged).toBe(stored !== undefined);
  },
  30_000,
);

async function store(folder: string, { key, gateway, isBroken }: Stored): Promise<void> {
  const note = (): void => undefined;
  const log = { info: note, warn: note, error: note };
  const lastGood = new LastGood({ dataDir: folder, key, gateway, state: new ConfigState(), log });
  const id = '1f0e5f0a-6c57-4a6e-9d0c-0f1f6a1d2c3b';
  const name = isBroken === true ? 'renamed' : gateway;
  const records = [{ kind: 'gateway', id, json: JSON.stringify({ name }) }];
  lastGood.keep(() => ({ epoch: 'e', revision: 7, records }));
  await lastGood.flush();
  const path = join(folder, 'last-good.snapshot');
  if (gateway !== 'damaged') return;
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
}

async function startNode(
  folder: string,
  logged: string[],
): Promise<{ readonly node: ProxyNode; readonly statusPort: () => number }> {
  const env = readEnv({
    SLUICE_PROXY_PORT: '0',
    SLUICE_STATUS_PORT: '0',
    SLUICE_DATA_DIR: folder,
    SLUICE_SNAPSHOT_KEY: key,
    SLUICE_ACCESS_LOG: 'off',
    SLUICE_CONTROL_PLANE: '127.0.0.1:1',
    SLUICE_NODE_TOKEN: 'token-of-the-spec-0123456789',
  });
  let statusPort = 0;
  const silent = createLogger({ name: 'node', level: 'error' });
  silent.level = 'silent';
  const note = (fields: object, message = ''): void =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const logger = Object.assign(Object.create(silent) as typeof silent, {
    info: (fields: { statusPort?: number }) => (statusPort = fields.statusPort ?? statusPort),
    warn: note,
    error: note,
  });
  const serving = await Serving.create({ env, version: '1.2.3', logger });
  const traffic = singleProcess(serving, { port: env.SLUICE_PROXY_PORT });
  const node = new ProxyNode({ env, version: '1.2.3', logger, traffic, policies: [] });
  await node.start();
  return { node, statusPort: () => statusPort };
}
