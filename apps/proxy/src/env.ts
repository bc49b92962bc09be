import { hostname } from 'node:os';
import { z } from 'zod';
import { defaultListenerOptions } from './listener/listener-options.ts';

const anyPort = wholeNumber(0, 65_535);
const port = (initial: number) => anyPort.default(initial);
const levels = ['debug', 'info', 'warn', 'error'] as const;
const flag = z.enum(['0', '1'], { error: 'must be 0 or 1' });

/** Every setting of the proxy: its variable, what it means, and what it is when nothing is said. */
export const settings = {
  SLUICE_GATEWAY: z.string().min(1).max(64).default('default').describe('Name of the gateway this node joins.'),
  SLUICE_NODE_ID: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits and "._-", at most 64').default(`${hostname().replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 48) || 'node'}-${process.pid}`).describe('Name of this node, unique among all; the default is made of host name and process id.'),
  SLUICE_CONTROL_PLANE: z.string().min(1).default('127.0.0.1:8005').describe('Config stream address, host:port; several separated by commas.'),
  SLUICE_NODE_TOKEN: z.string().min(24, 'must have at least 24 characters').optional().describe('Token for the config stream.'),
  SLUICE_NODE_TOKEN_FILE: z.string().min(1).optional().describe('File that holds the token for the config stream; read again on SIGHUP.'),
  SLUICE_STREAM_INSECURE: flag.default('0').describe('1 allows a config stream without TLS beyond the loopback interface.'),
  SLUICE_CONFIG_FILE: z.string().min(1).optional().describe('Serve from this JSON file instead of a control plane; read again on SIGHUP.'),
  SLUICE_PROXY_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on for traffic.'),
  SLUICE_PROXY_PORT: port(8000).describe('Port to listen on for traffic; 0 takes a free one.'),
  SLUICE_TLS_PORT: anyPort.optional().describe('Port to listen on for traffic over TLS, beside the plain one; not set: none; 0 takes a free one.'),
  SLUICE_TLS_CERT_FILE: z.string().min(1).optional().describe('File with the certificate for TLS and its chain, PEM; read again on SIGHUP.'),
  SLUICE_TLS_KEY_FILE: z.string().min(1).optional().describe('File with the key of SLUICE_TLS_CERT_FILE, PEM; read again on SIGHUP.'),
  SLUICE_TLS_DIR: z.string().min(1).optional().describe('Folder with more certificates, <name>.crt and <name>.key, chosen by the name the client asks for; read again on SIGHUP.'),
  SLUICE_CLIENT_CERT_DIR: z.string().min(1).optional().describe('Folder with the certificates that services have shown to their targets, <name>.crt and <name>.key; read again on SIGHUP.'),
  SLUICE_STATUS_HOST: z.string().min(1).default('127.0.0.1').describe('Address of /livez, /readyz, /metrics and /config.'),
  SLUICE_STATUS_PORT: port(8100).describe('Port of /livez, /readyz, /metrics and /config; 0 takes a free one.'),
  SLUICE_DATA_DIR: z.string().min(1).default('.sluice/proxy').describe('Where the last good configuration is kept.'),
  SLUICE_SNAPSHOT_KEY: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional().describe('Key the last good configuration is encrypted with; otherwise one is made and kept beside it.'),
  SLUICE_POLICIES_DIR: z.string().min(1).optional().describe('Folder with policies of your own.'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must look like redis://host:6379' }).optional().describe('Redis that nodes share limits through; without it each node counts for itself.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must look like http://host:4318' }).optional().describe('OTLP/HTTP endpoint traces are sent to, such as http://127.0.0.1:4318.'),
  SLUICE_TRACE_RATIO: z.string().regex(/^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/, 'must be a number from 0 to 1').transform(Number).default(1).describe('Share of traces begun here that are sampled; a caller\'s own decision is kept.'),
  SLUICE_ACCESS_LOG: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on').describe('One JSON line per request on standard output.'),
  SLUICE_LOG_LEVEL: z.enum(levels, { error: `must be one of ${levels.join(', ')}` }).default('info').describe('Level of the log on standard error.'),
  SLUICE_MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(defaultListenerOptions.maxConnections).describe('Client connections a process has at most; further ones are refused with 503.'),
  SLUICE_MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(defaultListenerOptions.maxConnectionsPerAddress).describe('The same per client address; an IPv6 /64 counts as one.'),
  SLUICE_OVERLOAD_LAG_MS: wholeNumber(0, 60_000).default(200).describe('Lag of the event loop (p99) above which a part of the requests is refused with 503; 0 never.'),
  SLUICE_OVERLOAD_MEMORY_PERCENT: wholeNumber(0, 100).default(85).describe('Memory in use, of the limit of container or heap, above which a part of the requests is refused with 503; 0 never.'),
  SLUICE_DRAIN_MS: wholeNumber(0, 600_000).default(30_000).describe('How long requests under way may take to finish after SIGTERM.'),
} as const;

const schema = z.object(settings);

/** The settings of this process. */
export type Env = z.output<typeof schema>;

/** Reads the settings. Throws an Error whose message lists everything that is wrong and what to set instead. */
export function readEnv(variables: NodeJS.ProcessEnv = process.env): Env {
  // An empty variable is what is left of one that was unset in a shell or a compose file.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message} (${quote(String(issue.path[0]), given)})`);
  throw new Error(`settings are not usable:\n${lines.join('\n')}\nRun with --help to see all settings.`);
}

/** The environment of a worker of this node: the same, with the name the node has given itself. */
export function workerEnvironment(env: Env): NodeJS.ProcessEnv {
  return { ...process.env, SLUICE_NODE_ID: env.SLUICE_NODE_ID };
}

/** What `--help` prints. */
export function helpText(): string {
  const longestName = Math.max(...Object.keys(settings).map((name) => name.length));
  const lines = Object.entries(settings).map(([name, setting]) => {
    const initial = setting.safeParse(undefined).data;
    return `  ${name.padEnd(longestName)} ${setting.description ?? ''}${initial === undefined ? '' : ` [${String(initial)}]`}`;
  });
  return `sluice proxy: serves traffic for one gateway\n\nUsage: sluice-proxy [--workers N] [--help] [--version]\n\n  --workers N   processes that take traffic on the same port [1]\n\nSettings come from the environment:\n${lines.join('\n')}\n`;
}

/** Digits only: what else could be read as a number, such as " " or 0x50, is more likely a mistake. */
function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,9}$/, error).transform(Number).pipe(z.number().min(min, error).max(max, error));
}

/** What a variable is now. Secrets are never shown. */
function quote(name: string, given: NodeJS.ProcessEnv): string {
  const value = given[name];
  if (value === undefined) return 'not set';
  // An address may hold a password.
  return /TOKEN|KEY|URL|ENDPOINT/.test(name) ? `it has ${value.length} characters` : `it is "${value}"`;
}
