/**
 * Writes the generated reference and types, or with `--check` compares it with what is committed.
 *
 *   npm run generate            npm run generate -- --check
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from './arguments/flags.ts';
import { clientTypes } from './reference/client-types.ts';
import { referencePages } from './reference/pages.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const check = readFlags('npm run generate [-- --check]', ['--check']).has('--check');

const pages = new Map(referencePages());
// The control plane is compiled for its decorators, so its document comes from the built program.
const openApiJson = execFileSync(
  process.execPath,
  [join(root, 'apps/control-plane/dist/main.js'), '--openapi'],
  { encoding: 'utf8' },
);
pages.set('docs/reference/openapi.json', openApiJson);
pages.set('packages/admin-client/src/generated/schema.ts', await clientTypes(openApiJson));

const stale = [...pages]
  .filter(([path, text]) => read(join(root, path)) !== text)
  .map(([path]) => path);
if (check) {
  if (stale.length > 0) {
    console.error(`Generated files are not up to date: ${stale.join(', ')}. Run: npm run generate`);
    process.exit(1);
  }
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), pages.get(path) ?? '');
    console.log(`wrote ${path}`);
  }
  if (stale.length === 0) console.log('Everything is up to date.');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
