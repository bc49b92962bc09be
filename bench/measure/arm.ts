import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './running-program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The Node arguments of every proxy. */
export const nodeArguments = JSON.parse(
  readFileSync(join(root, 'apps/proxy/node-arguments.json'), 'utf8'),
) as readonly string[];

/** One way to proxy the same traffic. */
export interface Arm extends Program {
  /** What it does besides forwarding, for the table. */
  readonly does: string;
  /** The command that prints its version. */
  readonly version: readonly [command: string, ...args: string[]];
}

/** Where an arm listens, and where it sends everything. */
export interface Between {
  /** For configuration, logs and data. */
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
}

export interface NginxOptions {
  readonly name: string;
  readonly does: string;
  /** Further directives of the server. */
  readonly server?: string;
  /** Further directives of the location. */
  readonly location?: string;
  /** The Connection field of requests to the origin. */
  readonly connection?: string;
  readonly workers?: number;
}

/** nginx as a bare reverse proxy that keeps its connections to the origin. */
export function nginxArm(
  { folder, port, originPort }: Between,
  { name, does, server = '', location = '', connection = '', workers = 1 }: NginxOptions,
): Arm {
  const config = nginxConfig(
    folder,
    name,
    `upstream origin { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 1000000; }
     server { listen 127.0.0.1:${port} backlog=4096${workers === 1 ? '' : ' reuseport'}; keepalive_requests 1000000; client_max_body_size 20m; ${server}
       location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "${connection}"; ${location} } }`,
    workers,
  );
  return {
    name,
    does,
    command: 'nginx',
    args: ['-c', config, '-p', folder],
    port,
    version: ['nginx', '-v'],
  };
}

export interface SluiceOptions {
  readonly name: string;
  readonly does: string;
  /** Policies of the only route; if there are any, 10,000 consumers have a key each. */
  readonly policies?: readonly object[];
  readonly accessLog?: 'on' | 'off';
  readonly workers?: number;
  /** More settings of the proxy. */
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Another built checkout whose proxy is measured; this one otherwise. */
  readonly checkout?: string | undefined;
}

/** The key of the first consumer, where there are consumers. */
export const benchKey = 'slk_bench_0123456789abcdefghijklmnop';

/** Sluice with one route that takes everything to the origin. */
export function sluiceArm({ folder, port, originPort }: Between, options: SluiceOptions): Arm {
  const {
    name,
    does,
    policies = [],
    accessLog = 'off',
    workers = 1,
    env = {},
    nodeArgs = [],
    checkout = root,
  } = options;
  const configFile = join(folder, `${name}.json`);
  writeFileSync(configFile, JSON.stringify(configuration(originPort, policies)));
  return {
    name,
    does,
    command: process.execPath,
    args: [
      ...nodeArguments,
      ...nodeArgs,
      join(checkout, 'apps/proxy/dist/main.js'),
      ...(workers === 1 ? [] : ['--workers', String(workers)]),
    ],
    env: {
      SLUICE_CONFIG_FILE: configFile,
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: '0',
      SLUICE_DATA_DIR: join(folder, `${name}-data`),
      SLUICE_ACCESS_LOG: accessLog,
      NODE_ENV: 'production',
      ...env,
    },
    port,
    serves: true,
    version: [process.execPath, '--version'],
  };
}

/**
 * Sluice as in production: key-auth of 10,000 keys, rate limit, metrics, access log, trace
 * propagation.
 */
export function fullSluiceArm(
  between: Between,
  name = 'sluice-full',
  workers = 1,
  checkout?: string,
): Arm {
  const policies = [
    { name: 'key-auth', config: {}, mode: 'enforce' },
    {
      name: 'rate-limit',
      config: { limit: 1_000_000, windowSeconds: 1, by: 'consumer' },
      mode: 'enforce',
    },
  ];
  return sluiceArm(between, {
    name,
    does: 'key-auth of 10,000 keys, rate limit, metrics, JSON access log, trace propagation',
    policies,
    accessLog: 'on',
    workers,
    checkout,
  });
}

function configuration(originPort: number, policies: readonly object[]): object {
  const owners =
    policies.length === 0 ? [] : Array.from({ length: 10_000 }, (_, index) => `consumer-${index}`);
  return {
    gateways: [{ name: 'default', limits: { maxBodyBytes: 20_971_520 } }],
    services: [{ name: 'origin', targets: [{ address: `127.0.0.1:${originPort}` }] }],
    routes: [{ name: 'all', paths: ['/*'], service: 'origin', policies }],
    consumers: owners.map((username) => ({ username })),
    keys: owners.map((consumer, index) => ({
      name: 'main',
      consumer,
      key: index === 0 ? benchKey : `slk_bench_other_${index}`,
    })),
  };
}

/**
 * The origin most benchmarks share: nginx answering 120 bytes of JSON, and 10 MiB under
 * /files/10mb.bin.
 */
export function originProgram(folder: string, port: number): Program {
  const body = JSON.stringify({
    id: 17,
    item: 'bicycle bell',
    quantity: 2,
    note: 'x'.repeat(52),
    state: 'open',
  }).padEnd(120, ' ');
  const files = join(folder, 'files');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, '10mb.bin'), Buffer.alloc(10 * 1024 * 1024, 'x'));
  const config = nginxConfig(
    folder,
    'origin',
    `sendfile on; server { listen 127.0.0.1:${port} backlog=4096; location / { default_type application/json; return 200 '${body}'; } location /files/ { alias ${files}/; } }`,
  );
  return { name: 'origin', command: 'nginx', args: ['-c', config, '-p', folder], port };
}

/**
 * The configuration of an nginx without a log, of one process unless said: what the others are
 * measured with, too.
 */
export function nginxConfig(folder: string, name: string, http: string, workers = 1): string {
  const processes = workers === 1 ? 'master_process off;' : `worker_processes ${workers};`;
  const path = join(folder, `${name}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((what) => `${what}_temp_path ${folder}/${name}-${what};`)
    .join(' ');
  writeFileSync(
    path,
    `daemon off; ${processes} pid ${folder}/${name}.pid; error_log ${folder}/${name}.error.log warn; worker_rlimit_nofile 20000;
events { worker_connections 16000; }
http { access_log off; ${temporary} keepalive_requests 10000000; ${http} }`,
  );
  return path;
}
