import { readFileSync } from 'node:fs';
import { kinds, schemaLevel } from '@sluice/config';
import { parseStreamAddress } from '@sluice/wire';
import type { Logger } from '@sluice/telemetry';
import type { ConfigState } from '../config/config-state.ts';
import { FileSource } from '../config/file-source.ts';
import { LastGood } from '../config/last-good.ts';
import type { ConfigSource } from '../config/source.ts';
import { StreamSource } from '../config/stream-source.ts';
import { readStreamSecurity } from '../config/stream-security.ts';
import type { ApplyRecorder, NodeReport } from '../config/stream-session.ts';
import type { Env } from '../env.ts';
import type { NameResolver } from '../names/name-resolver.ts';
import type { Rereadable } from './signals.ts';
import type { Traffic } from './traffic.ts';

export interface SourceOptions {
  readonly env: Env;
  readonly version: string;
  readonly logger: Logger;
  readonly traffic: Traffic;
  readonly policies: readonly string[];
  readonly state: ConfigState;
  readonly report: () => NodeReport;
  readonly names: NameResolver;
  /** Told what became of each delta; undefined when nothing is traced. */
  readonly spans: ApplyRecorder | undefined;
}

/** A source, and the files that it reads again on SIGHUP. */
export interface CreatedSource {
  readonly source: ConfigSource & { announce?(): void };
  readonly rereadables: readonly Rereadable[];
}

/** Creates the configured source of this node. Throws an Error that names the setting to change. */
export function createSource({
  env,
  version,
  logger,
  traffic,
  policies,
  state,
  report,
  names,
  spans,
}: SourceOptions): CreatedSource {
  const { target } = traffic;
  if (env.SLUICE_CONFIG_FILE !== undefined) {
    const source = new FileSource({
      path: env.SLUICE_CONFIG_FILE,
      gateway: env.SLUICE_GATEWAY,
      target,
      state,
      log: logger,
    });
    return { source, rereadables: [{ what: 'configuration file', read: () => source.reload() }] };
  }
  let token = nodeToken(env);
  const source = new StreamSource({
    addresses: env.SLUICE_CONTROL_PLANE.split(',').map((address) =>
      parseStreamAddress(address.trim()),
    ),
    security: () => readStreamSecurity(env),
    get token() {
      return token;
    },
    nodeId: env.SLUICE_NODE_ID,
    gateway: env.SLUICE_GATEWAY,
    version,
    policies,
    kinds,
    schemaLevel,
    report,
    takeCredentialReport: () => traffic.credentialNotes.take(),
    giveBackCredentialReport: (report) => traffic.credentialNotes.giveBack(report),
    target,
    state,
    lastGood: new LastGood({
      dataDir: env.SLUICE_DATA_DIR,
      key: env.SLUICE_SNAPSHOT_KEY,
      gateway: env.SLUICE_GATEWAY,
      state,
      log: logger,
    }),
    resolve: (host) => names.addresses(host),
    log: logger,
    spans,
  });
  if (env.SLUICE_NODE_TOKEN !== undefined) return { source, rereadables: [] };
  // The current stream was accepted with the previous token; the next one sends the new token.
  return {
    source,
    rereadables: [{ what: 'node token', read: () => void (token = nodeToken(env)) }],
  };
}

function nodeToken(env: Env): string {
  if (env.SLUICE_NODE_TOKEN !== undefined) return env.SLUICE_NODE_TOKEN;
  const path = env.SLUICE_NODE_TOKEN_FILE;
  if (path === undefined) {
    throw new Error(
      'the config stream needs a token: set SLUICE_NODE_TOKEN, or SLUICE_NODE_TOKEN_FILE to the file node-token in the data directory of the control plane',
    );
  }
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new Error(
      `the token for the config stream cannot be read from ${path}: check SLUICE_NODE_TOKEN_FILE`,
      { cause },
    );
  }
}
