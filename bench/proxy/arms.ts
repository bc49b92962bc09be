import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './running-arm.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const benchKey = 'slk_bench_0123456789abcdefghijklmnop';

/** One way to proxy the same request. */
export interface Arm extends Program {
  /** What it does beyond passing the request on. */
  readonly does: string;
  /** How to ask it for its version. */
  readonly version: readonly [command: string, ...args: string[]];
}

/** The upstream all arms share: nginx answering 120 bytes of JSON. */
export function originProgram(folder: string, port: number): Program {
  const body = JSON.stringify({ id: 17, item: 'bicycle bell', quantity: 2, note: 'x'.repeat(52), state: 'open' }).padEnd(120, ' ');
  writeFileSync(join(folder, '10mb.bin'), Buffer.alloc(10 * 1024 * 1024, 'x'));
  const config = nginxConfig(
    folder,
    'origin',
    `server { listen 127.0.0.1:${port} backlog=4096; location / { default_type application/json; return 200 '${body}'; } location /files/ { alias ${folder}/; } location /sink { client_max_body_size 20m; proxy_pass http://127.0.0.1:${port}/void; proxy_request_buffering on; } location /void { return 204; } }`,
  );
  return { name: 'origin', command: 'nginx', args: ['-c', config, '-p', folder], port };
}

/** The arms of the comparison, each on its own port. */
export function createArms(folder: string, originPort: number, firstPort: number): Arm[] {
  let port = firstPort;
  return [nginx(folder, originPort, port++), haproxy(folder, originPort, port++), caddy(folder, originPort, port++), bare(folder, originPort, port++), full(folder, originPort, port++)];
}

function nginx(folder: string, originPort: number, port: number): Arm {
  const config = nginxConfig(
    folder,
    'nginx',
    `upstream origin { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 1000000; }
     server { listen 127.0.0.1:${port} backlog=4096; keepalive_requests 1000000; client_max_body_size 20m;
       location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
  );
  return { name: 'nginx', does: 'bare proxy_pass with keep-alive', command: 'nginx', args: ['-c', config, '-p', folder], port, version: ['nginx', '-v'] };
}

function haproxy(folder: string, originPort: number, port: number): Arm {
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(
    config,
    `global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 3s\n  timeout client 60s\n  timeout server 60s\n  http-reuse always\n` +
      `frontend in\n  bind 127.0.0.1:${port}\n  default_backend origin\nbackend origin\n  server one 127.0.0.1:${originPort}\n`,
  );
  return { name: 'haproxy', does: 'bare, http-reuse always', command: 'haproxy', args: ['-db', '-f', config], port, version: ['haproxy', '-v'] };
}

function caddy(folder: string, originPort: number, port: number): Arm {
  const config = join(folder, 'Caddyfile');
  writeFileSync(config, `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${originPort}\n}\n`);
  return {
    name: 'caddy',
    does: 'bare reverse_proxy',
    command: 'caddy',
    args: ['run', '--config', config, '--adapter', 'caddyfile'],
    env: { GOMAXPROCS: '1', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    port,
    version: ['caddy', 'version'],
  };
}

function bare(folder: string, originPort: number, port: number): Arm {
  return sluice(folder, originPort, port, 'sluice', 'bare: one route, no policy, no access log', [], 'off');
}

function full(folder: string, originPort: number, port: number): Arm {
  const policies = [
    { name: 'key-auth', config: {}, mode: 'enforce' },
    { name: 'rate-limit', config: { limit: 1_000_000, windowSeconds: 1, by: 'consumer' }, mode: 'enforce' },
  ];
  return sluice(folder, originPort, port, 'sluice-full', 'key-auth of 10,000 keys, rate limit, metrics, JSON access log, trace propagation', policies, 'on');
}

function sluice(folder: string, originPort: number, port: number, name: string, does: string, policies: readonly object[], accessLog: 'on' | 'off'): Arm {
  const configFile = join(folder, `${name}.json`);
  writeFileSync(configFile, JSON.stringify(configuration(originPort, policies)));
  return {
    name,
    does,
    command: process.execPath,
    args: [join(root, 'apps/proxy/dist/main.js')],
    env: {
      SLUICE_CONFIG_FILE: configFile,
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: '0',
      SLUICE_DATA_DIR: join(folder, `${name}-data`),
      SLUICE_ACCESS_LOG: accessLog,
      NODE_ENV: 'production',
    },
    port,
    version: [process.execPath, '--version'],
  };
}

function configuration(originPort: number, policies: readonly object[]): object {
  const owners = policies.length === 0 ? [] : Array.from({ length: 10_000 }, (_, index) => `consumer-${index}`);
  return {
    gateways: [{ name: 'default', limits: { maxBodyBytes: 20_971_520 } }],
    services: [{ name: 'origin', targets: [{ address: `127.0.0.1:${originPort}` }] }],
    routes: [{ name: 'all', paths: ['/*'], service: 'origin', policies }],
    consumers: owners.map((username) => ({ username })),
    keys: owners.map((consumer, index) => ({ name: 'main', consumer, key: index === 0 ? benchKey : `slk_bench_other_${index}` })),
  };
}

/** One process, no log: what the others are measured with, too. */
function nginxConfig(folder: string, name: string, http: string): string {
  const path = join(folder, `${name}.conf`);
  writeFileSync(
    path,
    `daemon off; master_process off; pid ${folder}/${name}.pid; error_log ${folder}/${name}.error.log warn; worker_rlimit_nofile 20000;
events { worker_connections 10000; }
http { access_log off; client_body_temp_path ${folder}/${name}-body; proxy_temp_path ${folder}/${name}-proxy; fastcgi_temp_path ${folder}/${name}-f; uwsgi_temp_path ${folder}/${name}-u; scgi_temp_path ${folder}/${name}-s; keepalive_requests 10000000; ${http} }`,
  );
  return path;
}
