/**
 * Checks the subjects of the commits that are newer than the rule; see `words/commit-subject.ts`.
 * Without a repository, in an unpacked archive, there is nothing to check.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subjectFault } from './words/commit-subject.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Commits before the rule keep the subjects that they have. */
const ruledSince = '2026-11-28T19:00:00Z';

if (existsSync(join(root, '.git'))) {
  const log = execFileSync(
    'git',
    ['log', '--no-merges', `--since=${ruledSince}`, '--format=%h %s'],
    { cwd: root, encoding: 'utf8', maxBuffer: 32_000_000 },
  );
  for (const line of log.split('\n').filter((text) => text !== '')) {
    const [hash = '', ...words] = line.split(' ');
    const subject = words.join(' ');
    const fault = subjectFault(subject);
    if (fault === undefined) continue;
    console.log(`${hash} "${subject}" ${fault}.`);
    process.exitCode = 1;
  }
}
