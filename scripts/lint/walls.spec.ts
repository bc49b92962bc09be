import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const cruiser = join(
  repository,
  'node_modules',
  'dependency-cruiser',
  'bin',
  'dependency-cruiser.mjs',
);
const root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-walls-')));
const features = 'apps/control-plane/src/features';

/** A file, what it imports, and the wall that must stop it. */
const forbidden: readonly (readonly [file: string, imports: string, rule: string])[] = [
  ['packages/schema/src/a.ts', "import '@sluice/errors';", 'room-schema'],
  ['packages/errors/src/a.ts', "import '@sluice/schema';", 'room-errors'],
  ['packages/admin-client/src/a.ts', "import '@sluice/config';", 'room-admin-client'],
  ['packages/telemetry/src/a.ts', "import '@sluice/config';", 'room-telemetry'],
  ['packages/wire/src/a.ts', "import type { name } from '@sluice/config';", 'room-wire'],
  ['packages/ratelimit/src/a.ts', "import '@sluice/router';", 'room-ratelimit'],
  ['packages/passwords/src/a.ts', "import '@sluice/errors';", 'room-passwords'],
  ['packages/x509/src/a.ts', "import '@sluice/errors';", 'room-x509'],
  ['packages/tokens/src/a.ts', "import '@sluice/policy-sdk';", 'room-tokens'],
  ['packages/http1/src/a.ts', "import '@sluice/schema';", 'room-http1'],
  ['packages/router/src/a.ts', "import '@sluice/config';", 'room-router'],
  ['packages/policy-sdk/src/a.ts', "import '@sluice/policies/runtime';", 'room-policy-sdk'],
  ['packages/policy-sdk/src/b.ts', "import '@sluice/ratelimit';", 'types-of-ratelimit'],
  ['packages/policies/src/cors/schema.ts', "import './policy.ts';", 'room-policies-schemas'],
  [
    'packages/policies/src/expressions/strict.ts',
    "import '../cors/policy.ts';",
    'room-policies-expressions',
  ],
  ['packages/policies/src/cors/policy.ts', "import '@sluice/wire';", 'room-policies-runtime'],
  ['packages/config/src/a.ts', "import '@sluice/policies/runtime';", 'room-config'],
  ['packages/testkit/src/a.ts', "import '@sluice/wire';", 'room-testkit'],
  ['apps/control-plane/src/a.ts', "import '@sluice/policies/runtime';", 'room-control-plane'],
  ['apps/control-plane/src/b.ts', "import '../../proxy/src/main.ts';", 'room-control-plane'],
  ['apps/proxy/src/a.ts', "import '../../control-plane/src/main.ts';", 'room-proxy'],
  ['apps/console/src/a.ts', "import '@sluice/config';", 'room-console'],
  ['apps/cli/src/a.ts', "import '@sluice/config';", 'room-cli'],
  ['packages/schema/src/cycle-one.ts', "import './cycle-two.ts';", 'no-cycles'],
  ['packages/schema/src/type-one.ts', "import type {} from './type-two.ts';", 'no-cycles'],
  ['packages/schema/src/lost.ts', "import './nowhere.ts';", 'resolvable'],
  ['packages/router/src/deep.ts', "import '../../errors/src/inner.ts';", 'no-deep-imports'],
  ['packages/router/src/testing.ts', "import '@sluice/testkit';", 'no-tests-in-code'],
  [
    'packages/errors/src/app.ts',
    "import '../../../apps/proxy/src/main.ts';",
    'no-apps-in-packages',
  ],
  ['packages/policies/src/cors/nest.ts', "import '@nestjs/common';", 'no-frameworks'],
  ['packages/config/src/node.ts', "import 'node:fs';", 'pure-of-node'],
  ['packages/schema/src/node.ts', "import 'node:net';", 'pure-of-node'],
  ['packages/http1/src/socket.ts', "import 'node:net';", 'no-sockets'],
  ['packages/policies/src/cors/socket.ts', "import 'node:http';", 'no-sockets'],
  ['packages/errors/src/zod.ts', "import 'zod';", 'zod-in-few-rooms'],
  ['apps/proxy/src/nest.ts', "import '@nestjs/common';", 'no-servers-in-the-proxy'],
  ['apps/proxy/src/orm.ts', "import 'typeorm';", 'no-servers-in-the-proxy'],
  ['apps/console/src/orm.ts', "import 'typeorm';", 'no-servers-in-the-console'],
  ['apps/proxy/src/exchange/http.ts', "import 'node:http';", 'http-at-the-edges'],
  ['apps/proxy/src/runtime/tls.ts', "import 'node:tls';", 'http-at-the-edges'],
  ['apps/proxy/src/exchange/undici.ts', "import 'undici';", 'http-at-the-edges'],
  ['apps/proxy/src/net/a.ts', "import type {} from '../exchange/http.ts';", 'net-below-all'],
  [
    'apps/proxy/src/exchange/runtime.ts',
    "import type {} from '../runtime/tls.ts';",
    'exchange-below-its-neighbours',
  ],
  ['apps/proxy/src/host/a.ts', "import type {} from '../net/fine.ts';", 'hosts-apart-from-traffic'],
  ['apps/proxy/src/upstream/a.ts', "import '../listener/fine.ts';", 'listener-and-upstream-apart'],
  [`${features}/routes/grpc.ts`, "import '@grpc/grpc-js';", 'stream-in-its-place'],
  [
    `${features}/routes/routes.service.ts`,
    "import '../services/services.repository.ts';",
    'features-through-services',
  ],
  [
    `${features}/routes/resources.ts`,
    "import '../resources/resource.repository.ts';",
    'features-through-services',
  ],
  [
    'apps/control-plane/src/stream/frames.ts',
    "import '../features/services/services.repository.ts';",
    'stream-through-services',
  ],
  [
    'apps/control-plane/src/platform/http/a.ts',
    "import '../../features/services/services.service.ts';",
    'platform-knows-no-feature',
  ],
  [`${features}/routes/orm.ts`, "import 'typeorm';", 'typeorm-in-repositories'],
];

const allowed: readonly (readonly [file: string, imports: string])[] = [
  ['packages/router/src/fine.ts', "import '@sluice/errors'; import '@sluice/schema';"],
  [
    'packages/policy-sdk/src/fine.ts',
    "import '@sluice/http1'; import type { name } from '@sluice/ratelimit';",
  ],
  [
    'packages/policies/src/ip-restriction/policy.ts',
    "import './schema.ts'; import '@sluice/ratelimit';",
  ],
  ['packages/policies/src/ip-restriction/schema.ts', "import 'zod'; import '@sluice/policy-sdk';"],
  ['packages/policies/src/claims/schema.ts', "import '../expressions/fine.ts';"],
  ['packages/policies/src/expressions/fine.ts', "import '@sluice/policy-sdk';"],
  [
    'packages/config/src/fine.ts',
    "import '@sluice/policies/schemas'; import '@sluice/router'; import 'zod';",
  ],
  [
    'packages/schema/src/fine.spec.ts',
    "import 'node:fs'; import '@sluice/testkit'; import '@sluice/errors';",
  ],
  [
    'apps/proxy/src/listener/fine.ts',
    "import 'node:net'; import '@sluice/http1'; import '@sluice/policies/runtime';",
  ],
  ['apps/proxy/src/upstream/fine.ts', "import 'undici'; import 'node:tls';"],
  [
    'apps/proxy/src/exchange/fine.ts',
    "import type {} from '../net/fine.ts'; import type {} from '../overload/fine.ts';",
  ],
  [
    'apps/control-plane/src/stream/fine.ts',
    "import '@grpc/grpc-js'; import '../features/services/services.service.ts';",
  ],
  [
    `${features}/routes/fine.service.ts`,
    "import '../services/services.service.ts'; import '../resources/write.ts'; import './routes.repository.ts';",
  ],
  [`${features}/routes/routes.repository.ts`, "import 'typeorm';"],
];

const scaffold = [
  'errors/src/inner.ts',
  'policies/src/cors/policy.ts',
  'policies/src/schemas.ts',
  'policies/src/runtime.ts',
].map((path) => `packages/${path}`);
const targets = [
  'main.ts',
  'features/services/services.repository.ts',
  'features/services/services.service.ts',
  'features/resources/resource.repository.ts',
  'features/resources/write.ts',
];
const libraries = ['typeorm', '@nestjs/common', 'undici', 'zod', '@grpc/grpc-js'];

let violations: { readonly from: string; readonly rule: string }[] = [];

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${text}\nexport const name = 1;\n`);
}

beforeAll(() => {
  for (const file of [
    '.dependency-cruiser.cjs',
    'tsconfig.base.json',
    'tsconfig.check.json',
    'package.json',
  ])
    cpSync(join(repository, file), join(root, file));
  mkdirSync(join(root, 'node_modules', '@sluice'), { recursive: true });
  for (const name of readdirSync(join(repository, 'packages'))) {
    write(`packages/${name}/src/index.ts`, '');
    cpSync(
      join(repository, 'packages', name, 'package.json'),
      join(root, 'packages', name, 'package.json'),
    );
    symlinkSync(join(root, 'packages', name), join(root, 'node_modules', '@sluice', name));
  }
  for (const name of libraries) {
    write(`node_modules/${name}/index.js`, '');
    writeFileSync(
      join(root, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }),
    );
  }
  for (const path of [
    ...scaffold,
    ...targets.map((target) => `apps/control-plane/src/${target}`),
    'apps/proxy/src/main.ts',
    'apps/proxy/src/net/fine.ts',
    'apps/proxy/src/overload/fine.ts',
  ])
    write(path, '');
  for (const [file, imports] of [...forbidden, ...allowed]) write(file, imports);
  write('packages/schema/src/cycle-two.ts', "import './cycle-one.ts';");
  write('packages/schema/src/type-two.ts', "import './type-one.ts';");

  const { stdout, stderr } = spawnSync(
    process.execPath,
    [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'apps'],
    {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
      maxBuffer: 64_000_000,
    },
  );
  if (!stdout.startsWith('{'))
    throw new Error(`dependency-cruiser did not answer: ${stderr}${stdout}`);
  const report = JSON.parse(stdout) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  violations = report.summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}, 60_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a wall', () => {
  it.each(forbidden)('stops %s: %s', (file, _imports, rule) => {
    expect(violations).toContainEqual({ from: file, rule });
  });

  it.each(allowed)('lets %s pass: %s', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });

  it('that exists is proved here', () => {
    const config = readRules();
    expect(config.filter((rule) => !forbidden.some(([, , proved]) => proved === rule))).toEqual([]);
  });
});

function readRules(): string[] {
  const { stdout } = spawnSync(
    process.execPath,
    [
      '-p',
      "JSON.stringify(require('./.dependency-cruiser.cjs').forbidden.map((rule) => rule.name))",
    ],
    { cwd: repository, encoding: 'utf8' },
  );
  return JSON.parse(stdout) as string[];
}
