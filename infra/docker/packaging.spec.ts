import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const Build = z.strictObject({ context: z.string(), dockerfile: z.string() });
const ComposeService = z.strictObject({
  image: z
    .string()
    .regex(/^[a-z0-9./-]+:[\w.-]+$/, 'an image is named with its version')
    .optional(),
  build: Build.optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string().regex(/^[a-z0-9-]+:\/[\w/]+$/)).optional(),
  ports: z
    .array(
      z
        .string()
        .regex(/^127\.0\.0\.1:\d+:\d+$/, 'ports are published on the loopback interface only'),
    )
    .optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_healthy', 'service_started']) }),
    )
    .optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      retries: z.int(),
    })
    .optional(),
  restart: z.literal('unless-stopped'),
  read_only: z.literal(true).optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
});
const ComposeFile = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), ComposeService),
  volumes: z.record(z.string(), z.strictObject({})),
});

const compose = ComposeFile.parse(parse(read('docker-compose.yml'), { merge: true }));

describe('docker-compose.yml', () => {
  it('configures Redis to keep the counts of limits over a restart', () => {
    const { command = [], volumes = [] } = compose.services['redis'] ?? {};
    expect(command[command.indexOf('--appendonly') + 1]).toBe('yes');
    expect(command[command.indexOf('--maxmemory-policy') + 1]).toBe('noeviction');
    expect(volumes).toEqual(['redis:/data']);
  });

  it('names only services, volumes and files that exist', () => {
    const names = Object.keys(compose.services);
    for (const service of Object.values(compose.services)) {
      for (const dependency of Object.keys(service.depends_on ?? {})) {
        expect(names).toContain(dependency);
        expect(hasHealthcheck(dependency)).toBe(true);
      }
      for (const volume of service.volumes ?? [])
        expect(compose.volumes).toHaveProperty([volume.split(':')[0] ?? '']);
      if (service.build !== undefined)
        expect(existsSync(join(root, service.build.context, service.build.dockerfile))).toBe(true);
    }
  });

  it('runs our own images read-only and without privileges', () => {
    for (const service of Object.values(compose.services).filter(
      ({ build }) => build !== undefined,
    )) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it.each(['control-plane', 'proxy-1', 'proxy-2'])(
    'sets only variables that %s knows',
    async (name) => {
      const app = name.startsWith('proxy') ? 'proxy' : 'control-plane';
      const { stdout } = await run(process.execPath, [
        join(root, `apps/${app}/dist/main.js`),
        '--help',
      ]);
      for (const variable of Object.keys(compose.services[name]?.environment ?? {}))
        expect(stdout).toContain(variable);
    },
  );
});

describe.each(['control-plane', 'proxy'])('the image of the %s', (app) => {
  const dockerfile = read(`infra/docker/${app}.Dockerfile`);

  it('copies only what exists', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, sources = '']) => sources.split(' '),
    );
    expect(copied.length).toBeGreaterThan(4);
    for (const source of copied) expect(existsSync(join(root, source))).toBe(true);
  });

  it('starts it with the Node arguments of the program', () => {
    const file = join(root, `apps/${app}/node-arguments.json`);
    const nodeArguments = existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as string[])
      : [];
    const entrypoint = /^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]';
    expect(JSON.parse(entrypoint)).toEqual([
      'node',
      '--enable-source-maps',
      ...nodeArguments,
      `apps/${app}/dist/main.js`,
    ]);
  });

  it('runs as an unprivileged user, from several stages', () => {
    expect(dockerfile.match(/^FROM /gm)).toHaveLength(2);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile.indexOf('USER node')).toBeLessThan(dockerfile.indexOf('ENTRYPOINT'));
  });

  it('starts a program that exists and runs', async () => {
    const entry = z
      .array(z.string())
      .parse(JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? ''));
    const [node, ...args] = entry;
    expect(node).toBe('node');
    const { stdout } = await run(process.execPath, [...args, '--help'], { cwd: root });
    expect(stdout).toContain('SLUICE_DATA_DIR');
    // Every variable that the image sets must be a setting.
    const [, variables = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? [];
    for (const [name] of variables.split(' ').map((pair) => pair.split('=')))
      if (name !== 'NODE_ENV') expect(stdout).toContain(name);
  });

  it('has a health check that fails when the program does not answer', async () => {
    const check = z
      .array(z.string())
      .parse(JSON.parse(/ CMD (\[.+\])$/m.exec(dockerfile)?.[1] ?? ''));
    const script = (check[2] ?? '').replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1');
    await expect(run(process.execPath, ['-e', script])).rejects.toMatchObject({ code: 1 });
  });
});

function hasHealthcheck(name: string): boolean {
  const service = compose.services[name];
  if (service?.healthcheck !== undefined) return true;
  return service?.build !== undefined && /^HEALTHCHECK /m.test(read(service.build.dockerfile));
}
