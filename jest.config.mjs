/**
 * Jest for the whole repository: ESM, TypeScript stripped by SWC, no build needed.
 *
 * `@sluice/*` imports resolve to the package's source through the `sluice-source` export condition,
 * so a spec always sees the code as it stands in the checkout and never a stale `dist`.
 */

import { existsSync } from 'node:fs';

const parser = { syntax: 'typescript', decorators: true };
const modern = {
  target: 'es2024',
  parser,
  keepClassNames: true,
  transform: { verbatimModuleSyntax: true },
};

/**
 * NestJS and TypeORM read decorator metadata, so the control plane alone compiles with the legacy
 * decorators.
 */
const decorated = {
  ...modern,
  transform: {
    verbatimModuleSyntax: true,
    legacyDecorator: true,
    decoratorMetadata: true,
    useDefineForClassFields: true,
  },
};

const swc = (jsc) => ['@swc/jest', { swcrc: false, sourceMaps: 'inline', jsc }];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['sluice-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  roots: ['packages', 'apps', 'e2e', 'scripts', 'regression', 'examples', 'infra'].filter(
    (folder) => existsSync(new URL(folder, import.meta.url)),
  ),
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/\\.sluice/', '/\\.cache/'],
  transform: {
    'apps/control-plane/.+\\.ts$': swc(decorated),
    '\\.ts$': swc(modern),
  },
  cacheDirectory: 'node_modules/.cache/jest',
  watchman: false,
  maxWorkers: 2,
  testTimeout: 60_000,
};
