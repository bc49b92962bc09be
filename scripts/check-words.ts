/**
 * Looks for the words of `words/word-list.ts` in every tracked text file: comments, messages,
 * documents and tests. Prints each place with what to write instead; exits with 1 when there is
 * one.
 *
 *   node scripts/check-words.ts [path …]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findWords } from './words/word-list.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Files whose words are not ours, and the list itself. */
const exempt = /^(?:LICENSE|package-lock\.json|scripts\/words\/|scripts\/check-words\.ts)/;
/** The Unix account of that name is not a pronoun. */
const account = /\b(?:as|account|user) nobody\b|\|nobody\)|[`'"]nobody[`'"]/gi;
const text = /\.(?:ts|mts|mjs|cjs|js|tsx|css|html|md|ya?ml|proto|json|sh|sql)$/;

// Without a repository, in an unpacked archive, it is not known which files are ours.
const files = (existsSync(join(root, '.git')) ? trackedFiles(process.argv.slice(2)) : []).filter(
  (path) => text.test(path) && !exempt.test(path) && existsSync(join(root, path)),
);
let found = 0;
for (const path of files) {
  for (const { line, word, instead } of findWords(
    readFileSync(join(root, path), 'utf8').replace(account, 'account'),
  )) {
    console.log(`${path}:${line}  "${word}": ${instead}`);
    found++;
  }
}
if (found > 0) {
  console.log(
    `\n${found} places use words that readers stumble over. The list is scripts/words/word-list.ts.`,
  );
  process.exitCode = 1;
}

function trackedFiles(paths: readonly string[]): string[] {
  return execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...paths],
    { cwd: root, encoding: 'utf8', maxBuffer: 32_000_000 },
  )
    .split('\0')
    .filter((path) => path !== '');
}
