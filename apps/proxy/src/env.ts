import { hostname } from 'node:os';
import { SetupError } from '@sluice/errors';
import { Name } from '@sluice/schema';
import {
  definedSettings,
  flag,
  logLevel,
  port,
  readSettingTable,
  settingsHelp,
  unknownVariables,
  wholeNumber,
} from '@sluice/schema/settings';
import { otelVariables, readTraceSettings, type TraceSettings } from '@sluice/telemetry';
import { z } from 'zod';
import { defaultListenerOptions } from './listener/listener-options.ts';

/** Every setting of the proxy: its variable, description and default. */
export const settings = {
  SLUICE_GATEWAY: Name.default('default').describe('Name of the gateway this node joins.'),
  SLUICE_NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits and "._-", at most 64')
    .default(
      `${
        hostname()
          .replace(/[^A-Za-z0-9._-]/g, '-')
          .slice(0, 48) || 'node'
      }-${process.pid}`,
    )
    .describe(
      'Name of this node, unique among all nodes; the default consists of host name and process id.',
    ),
  SLUICE_CONTROL_PLANE: z
    .string()
    .min(1)
    .default('127.0.0.1:8005')
    .describe('Config stream address, host:port; several separated by commas.'),
  SLUICE_NODE_TOKEN: z
    .string()
    .min(24, 'must have at least 24 characters')
    .optional()
    .describe('Token for the config stream.'),
  SLUICE_NODE_TOKEN_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the token for the config stream; read again on SIGHUP.'),
  SLUICE_STREAM_INSECURE: flag
    .default(false)
    .describe('1 allows a config stream without TLS to hosts other than loopback.'),
  SLUICE_STREAM_TLS: flag
    .optional()
    .describe(
      '1 uses TLS on the config stream, with the CAs of the system; the settings of fingerprint, CA and certificate imply it.',
    ),
  SLUICE_STREAM_FINGERPRINT: z
    .string()
    .min(1)
    .optional()
    .describe(
      'SHA-256 fingerprint of the certificate of the control plane, 64 hexadecimal digits; several separated by commas. No other certificate is accepted.',
    ),
  SLUICE_STREAM_FINGERPRINT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with such fingerprints, for example stream-fingerprint in the data directory of the control plane; read with each connection.',
    ),
  SLUICE_STREAM_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'CA certificates, PEM, that are trusted on the config stream instead of those of the system; read with each connection.',
    ),
  SLUICE_STREAM_CLIENT_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Client certificate for the config stream with its chain, PEM; read with each connection.',
    ),
  SLUICE_STREAM_CLIENT_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('Private key of SLUICE_STREAM_CLIENT_CERT_FILE, PEM; read with each connection.'),
  SLUICE_CONFIG_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file to use as configuration instead of a control plane; read again on SIGHUP.',
    ),
  SLUICE_PROXY_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on for traffic.'),
  SLUICE_PROXY_PORT: port
    .default(8000)
    .describe('Port to listen on for traffic; 0 chooses a free port.'),
  SLUICE_TLS_PORT: port
    .optional()
    .describe(
      'Additional port for traffic over TLS, with certificates of files or of the configuration; 0 chooses a free port; without it TLS is off.',
    ),
  SLUICE_TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the TLS certificate and its chain, PEM; read again on SIGHUP.'),
  SLUICE_TLS_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('File with the private key of SLUICE_TLS_CERT_FILE, PEM; read again on SIGHUP.'),
  SLUICE_TLS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with more certificates, <name>.crt and <name>.key, selected by the server name of the client (SNI); read again on SIGHUP.',
    ),
  SLUICE_CLIENT_CERT_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with client certificates for connections to targets, <name>.crt and <name>.key; read again on SIGHUP.',
    ),
  SLUICE_STATUS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address to listen on for /livez, /readyz, /metrics, /config and /.well-known/jwks.json.',
    ),
  SLUICE_STATUS_PORT: port
    .default(8100)
    .describe(
      'Port to listen on for /livez, /readyz, /metrics, /config and /.well-known/jwks.json; 0 chooses a free port.',
    ),
  SLUICE_DATA_DIR: z
    .string()
    .min(1)
    .default('.sluice/proxy')
    .describe('Folder in which the last good configuration is stored.'),
  SLUICE_SNAPSHOT_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
    .optional()
    .describe(
      'Key that encrypts the last good configuration; without it one is generated and stored in the same folder.',
    ),
  SLUICE_POLICIES_DIR: z.string().min(1).optional().describe('Folder with custom policies.'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must look like redis://host:6379' })
    .optional()
    .describe('Redis for limits shared by all nodes; without it each node counts separately.'),
  ...definedSettings(otelVariables),
  SLUICE_TRACE_RATIO: z
    .string()
    .regex(/^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .optional()
    .describe(
      'Share of the traces started by this node that are sampled, 0 to 1; a decision of the caller is kept. Takes precedence over OTEL_TRACES_SAMPLER.',
    ),
  SLUICE_ACCESS_LOG: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default('on')
    .describe('Write one JSON line per request to standard output: on or off.'),
  SLUICE_LOG_LEVEL: logLevel,
  SLUICE_MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(defaultListenerOptions.maxConnections)
    .describe('Limit of client connections per process; further connections are refused.'),
  SLUICE_MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000)
    .default(defaultListenerOptions.maxConnectionsPerAddress)
    .describe('Limit of client connections per client address; an IPv6 /64 counts as one address.'),
  SLUICE_OVERLOAD_LAG_MS: wholeNumber(0, 60_000)
    .default(200)
    .describe(
      'Event loop lag (p99) above which a share of the requests is refused with 503; 0 turns this off.',
    ),
  SLUICE_OVERLOAD_MEMORY_PERCENT: wholeNumber(0, 100)
    .default(85)
    .describe(
      'Memory use, in percent of the container or heap limit, above which a share of the requests is refused with 503; 0 turns this off.',
    ),
  SLUICE_MAX_BUFFERED_BYTES: wholeNumber(65_536, 1_099_511_627_776)
    .default(134_217_728)
    .describe(
      'Memory per process for content that policies read, in bytes; one caller may use a quarter of it. Further reads are answered with 503.',
    ),
  SLUICE_DRAIN_MS: wholeNumber(0, 600_000)
    .default(30_000)
    .describe('How long requests in flight may take to finish after SIGTERM, in milliseconds.'),
} as const;

/** The settings of this process. */
export type Env = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name]> };

/** Reads the settings. Throws a SetupError that lists all faults and the expected values. */
export function readEnv(variables: NodeJS.ProcessEnv = process.env): Env {
  const read = readSettingTable(settings, variables);
  if ('fault' in read) throw new SetupError(read.fault);
  return read.values;
}

/** A warning for each variable that looks like a setting and is none. */
export function settingWarnings(variables: NodeJS.ProcessEnv = process.env): string[] {
  return unknownVariables(variables, Object.keys(settings));
}

/** What the settings say about traces. */
export function traceSettings(env: Env): TraceSettings {
  return readTraceSettings(env, env.SLUICE_TRACE_RATIO);
}

/** The environment of a worker: that of this process, with the node's name. */
export function workerEnvironment(env: Env): NodeJS.ProcessEnv {
  return { ...process.env, SLUICE_NODE_ID: env.SLUICE_NODE_ID };
}

/** The text that `--help` prints. */
export function helpText(): string {
  return `sluice proxy: serves traffic for one gateway\n\nUsage: sluice-proxy [--workers N] [--help] [--version]\n\n  --workers N   processes that serve traffic on the same port [1]\n\nSettings come from the environment:\n${settingsHelp(settings)}`;
}
