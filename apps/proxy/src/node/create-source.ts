import { readFileSync } from 'node:fs';
import { parseStreamAddress } from '@sluice/wire';
import type { Logger } from '@sluice/telemetry';
import type { ConfigState } from '../config/config-state.ts';
import { FileSource } from '../config/file-source.ts';
import { LastGood } from '../config/last-good.ts';
import type { ConfigSource } from '../config/source.ts';
import { StreamSource } from '../config/stream-source.ts';
import type { NodeReport } from '../config/stream-session.ts';
import type { Env } from '../env.ts';
import { NameResolver } from '../names/name-resolver.ts';
import type { Traffic } from './traffic.ts';

export interface SourceOptions {
  readonly env: Env;
  readonly version: string;
  readonly logger: Logger;
  readonly traffic: Traffic;
  readonly policies: readonly string[];
  readonly state: ConfigState;
  readonly report: () => NodeReport;
}

/** Where this node's configuration comes from, as the settings say. Throws an Error that says what to set. */
export function createSource({ env, version, logger, traffic, policies, state, report }: SourceOptions): ConfigSource {
  const { target } = traffic;
  if (env.SLUICE_CONFIG_FILE !== undefined) return fileSource(env.SLUICE_CONFIG_FILE, env, target, state, logger);
  const names = new NameResolver();
  return new StreamSource({
    addresses: env.SLUICE_CONTROL_PLANE.split(',').map((address) => parseStreamAddress(address.trim())),
    security: { mode: 'plaintext', allowRemote: env.SLUICE_STREAM_INSECURE === '1' },
    token: nodeToken(env),
    nodeId: env.SLUICE_NODE_ID,
    gateway: env.SLUICE_GATEWAY,
    version,
    policies,
    report,
    target,
    state,
    lastGood: new LastGood({ dataDir: env.SLUICE_DATA_DIR, key: env.SLUICE_SNAPSHOT_KEY, gateway: env.SLUICE_GATEWAY, state, log: logger }),
    resolve: (host) => names.addresses(host),
    log: logger,
  });
}

function fileSource(path: string, env: Env, target: Traffic['target'], state: ConfigState, log: Logger): ConfigSource {
  const source = new FileSource({ path, gateway: env.SLUICE_GATEWAY, target, state, log });
  process.on('SIGHUP', () => source.reload());
  return source;
}

function nodeToken(env: Env): string {
  if (env.SLUICE_NODE_TOKEN !== undefined) return env.SLUICE_NODE_TOKEN;
  const path = env.SLUICE_NODE_TOKEN_FILE;
  if (path === undefined) {
    throw new Error('the config stream needs a token: set SLUICE_NODE_TOKEN, or SLUICE_NODE_TOKEN_FILE to the file node-token in the data directory of the control plane');
  }
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new Error(`the token for the config stream cannot be read from ${path}: check SLUICE_NODE_TOKEN_FILE`, { cause });
  }
}
