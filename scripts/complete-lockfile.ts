/**
 * Adds to package-lock.json what `npm install` left out, see `lockfile/complete-lockfile.ts`. To be
 * run after every change of the dependencies; `--check` only tells.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFlags } from './arguments/flags.ts';
import { completeLockfile, type Lockfile } from './lockfile/complete-lockfile.ts';

const isCheck = readFlags('node scripts/complete-lockfile.ts [--check]', ['--check']).has(
  '--check',
);
const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const { lockfile, missing } = completeLockfile(JSON.parse(readFileSync(path, 'utf8')) as Lockfile);

if (missing.length === 0) {
  console.log('package-lock.json is complete.');
} else if (isCheck) {
  console.error(
    `package-lock.json lacks ${missing.length} packages of other platforms, so "npm ci" refuses it. Run: node scripts/complete-lockfile.ts\n  ${missing.join('\n  ')}`,
  );
  process.exitCode = 1;
} else {
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`Added ${missing.length} packages to package-lock.json.`);
}
