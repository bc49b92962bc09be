import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullSluiceArm, nginxArm, sluiceArm, type Arm, type Between } from '../measure/arm.ts';

/**
 * The arms of the comparison, each on its own port.
 * @param before another built checkout of Sluice that is measured in the same run, for a comparison
 * of old and new code
 */
export function createArms(
  folder: string,
  originPort: number,
  ports: readonly number[],
  before?: string,
): Arm[] {
  const earlier = before === undefined ? [] : earlierArms(before);
  const makers = [
    (between: Between) =>
      nginxArm(between, { name: 'nginx', does: 'bare proxy_pass with keep-alive' }),
    haproxy,
    caddy,
    (between: Between) =>
      sluiceArm(between, { name: 'sluice', does: 'bare: one route, no policy, no access log' }),
    (between: Between) => fullSluiceArm(between),
    ...earlier,
  ];
  return makers.map((make, index) => make({ folder, originPort, port: ports[index] ?? 0 }));
}

function earlierArms(checkout: string): ((between: Between) => Arm)[] {
  return [
    (between) => sluiceArm(between, { name: 'before', does: 'old code, bare', checkout }),
    (between) => fullSluiceArm(between, 'before-full', 1, checkout),
  ];
}

function haproxy({ folder, originPort, port }: Between): Arm {
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(
    config,
    `global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 3s\n  timeout client 60s\n  timeout server 60s\n  http-reuse always\n` +
      `frontend in\n  bind 127.0.0.1:${port}\n  default_backend origin\nbackend origin\n  server one 127.0.0.1:${originPort}\n`,
  );
  return {
    name: 'haproxy',
    does: 'bare, http-reuse always',
    command: 'haproxy',
    args: ['-db', '-f', config],
    port,
    version: ['haproxy', '-v'],
  };
}

function caddy({ folder, originPort, port }: Between): Arm {
  const config = join(folder, 'Caddyfile');
  writeFileSync(
    config,
    `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${originPort}\n}\n`,
  );
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
