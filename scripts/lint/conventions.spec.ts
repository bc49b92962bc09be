import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
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
const root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-lint-')));
const controlPlane = 'apps/control-plane/src';

/** A file, what it says, and the words of the message that must come. */
const refused: readonly (readonly [file: string, text: string, message: RegExp])[] = [
  ['packages/a/src/any.ts', 'export const value: any = 1;', /Unexpected any/],
  ['packages/a/src/default.ts', 'export default 1;', /Export it by name/],
  ['packages/a/src/barrel.ts', "export * from './any.ts';", /List the exports/],
  [
    'packages/a/src/type-import.ts',
    "import { Kind } from './kind.ts'; export const kind: Kind = 'a';",
    /only used as type/,
  ],
  [
    'packages/a/src/floating.ts',
    'async function work(): Promise<void> {} export function start(): void { work(); }',
    /Promises must be awaited/,
  ],
  [
    'packages/a/src/unhandled.ts',
    "import type { Kind } from './kind.ts'; export function f(kind: Kind): void { switch (kind) { case 'a': break; } }",
    /not exhaustive/,
  ],
  ['packages/a/src/prefix.ts', 'export interface IRoute { readonly id: string }', /No I-prefix/],
  ['packages/a/src/manager.ts', 'export class RouteManager {}', /Name what it does/],
  ['packages/a/src/enum.ts', 'export enum Kind { A }', /Use a union of literals/],
  ['packages/a/src/namespace.ts', 'export namespace A { export const b = 1; }', /Use a module/],
  [
    'packages/a/src/parameter.ts',
    'export class A { constructor(readonly b: string) {} }',
    /Write the field out/,
  ],
  ['packages/a/src/later.ts', '// TODO: finish\nexport const a = 1;', /Unexpected 'todo' comment/],
  ['packages/a/src/CamelCase.ts', 'export const a = 1;', /File names are kebab-case/],
  ['packages/a/src/utils/a.ts', 'export const a = 1;', /Folders name the domain/],
  ['packages/a/src/long.ts', 'export const a = [\n' + '1,\n'.repeat(400) + '];', /too many lines/],
  [
    'packages/a/src/loose.ts',
    'export const a = (b: string): boolean => b == "c";',
    /Expected '==='/,
  ],
  [
    'packages/a/src/skipped.spec.ts',
    "import { it } from '@jest/globals'; it.skip('a', () => {});",
    /A test runs, or it is removed/,
  ],
  [
    'apps/proxy/src/config/source.ts',
    "export const a = process.env['A'];",
    /Only env\.ts reads the environment/,
  ],
  [
    `${controlPlane}/features/a/a.service.ts`,
    "import { env } from 'node:process'; export const a = env['A'];",
    /Only env\.ts reads the environment/,
  ],
  [
    `${controlPlane}/features/a/a.controller.ts`,
    "import { Entity } from 'typeorm'; export const a = Entity;",
    /Only a repository speaks to the database/,
  ],
  ['apps/proxy/src/config/call.ts', "export const a = fetch('http://a/');", /Use undici/],
  ['packages/a/src/call.ts', "export const a = fetch('http://a/');", /Use undici/],
];

const accepted: readonly (readonly [file: string, text: string])[] = [
  ['packages/a/src/kind.ts', "export type Kind = 'a' | 'b';"],
  [
    'packages/a/src/awaited.ts',
    'async function work(): Promise<void> {} export function start(): void { void work(); }',
  ],
  ['apps/proxy/src/env.ts', "export const a = process.env['A'];"],
  [`${controlPlane}/platform/env.ts`, "export const a = process.env['A'];"],
  [
    `${controlPlane}/features/a/a.repository.ts`,
    "import { Entity } from 'typeorm'; export const a = Entity;",
  ],
  [
    `${controlPlane}/features/a/a.module.ts`,
    "import { Entity } from './a.repository.ts'; @Entity() export class AModule { constructor(private readonly b: string) { void this.b; } }",
  ],
  ['scripts/run.ts', "export const a = process.env['A'];"],
  ['apps/proxy/src/testing/call.ts', "export const a = fetch('http://a/');"],
];

let messages = new Map<string, string>();

beforeAll(() => {
  for (const file of [
    'eslint.config.mjs',
    'tsconfig.base.json',
    'tsconfig.check.json',
    'package.json',
    'scripts/lint/file-path-rule.mjs',
  ]) {
    cpSync(join(repository, file), join(root, file));
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const [file, text] of [...refused, ...accepted]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), `${text}\n`);
  }
  const eslint = join(repository, 'node_modules', 'eslint', 'bin', 'eslint.js');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [eslint, '--format', 'json', 'packages', 'apps', 'scripts/run.ts'],
    { cwd: root, encoding: 'utf8', timeout: 60_000 },
  );
  if (!stdout.startsWith('[')) throw new Error(`eslint did not answer: ${stderr}`);
  const report = JSON.parse(stdout) as { filePath: string; messages: { message: string }[] }[];
  messages = new Map(
    report.map(({ filePath, messages: found }) => [
      filePath.slice(root.length + 1),
      found.map(({ message }) => message).join('\n'),
    ]),
  );
}, 60_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('the linter', () => {
  it.each(refused)('refuses %s', (file, _text, message) => {
    expect(messages.get(file)).toMatch(message);
  });

  it.each(accepted)('accepts %s', (file) => {
    expect(messages.get(file)).toBe('');
  });
});
