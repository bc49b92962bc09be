import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));

/** Folders whose paths documents name in code, such as `apps/proxy/src/exchange/handle.ts`. */
const folders =
  /^(?:apps|packages|docs|e2e|bench|scripts|proto|infra|examples|regression)\/[A-Za-z0-9_./-]+$/;
/** What a build or a start makes: it is not in a fresh checkout. */
const made = /(?:^|\/)(?:dist|node_modules|\.sluice|\.cache)(?:\/|$)/;

/** The anchors that a page has, as GitHub makes them from its headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[`*]/g, '')
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

function deadLinks(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^(?:https?:|mailto:)/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const at = file === '' ? path : posix.normalize(posix.join(dirname(path), file));
    if (!existsSync(join(root, at))) return [target];
    if (anchor === undefined || !at.endsWith('.md')) return [];
    return anchorsOf(readFileSync(join(root, at), 'utf8')).has(anchor) ? [] : [target];
  });
}

function deadPaths(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, code = '']) => code.replace(/\/$/, ''))
    .filter((code) => folders.test(code) && !made.test(code))
    .filter(
      (code) => !existsSync(join(root, code)) && !existsSync(join(root, dirname(path), code)),
    );
}

describe('the documents', () => {
  it('exist', () => expect(documents.length).toBeGreaterThan(10));
  it.each(documents)('%s has no dead link', (path) => expect(deadLinks(path)).toEqual([]));
  it.each(documents)('%s names no path that does not exist', (path) =>
    expect(deadPaths(path)).toEqual([]),
  );
});
