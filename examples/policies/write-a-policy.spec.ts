import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the guide to custom policies', () => {
  const guide = read('../../docs/guides/write-a-policy.md');
  const written = new Map(
    [...guide.matchAll(/^cat > my-policies\/(\S+) <<'EOF'\n(.*?)^EOF$/gms)].map(
      ([, path = '', text = '']) => [path, text],
    ),
  );

  it.each([
    'require-header/schema.ts',
    'require-header/policy.ts',
    'require-header/policy.spec.ts',
    'partner-token/schema.ts',
    'partner-token/policy.ts',
    'partner-token/policy.spec.ts',
  ])('writes %s as it is tested here', (path) => {
    expect(written.get(path)).toBe(read(path));
  });

  it('writes no other files', () => {
    expect(written.size).toBe(6);
  });

  it('links only to files that exist', () => {
    const links = [...guide.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links)
      expect([
        link,
        existsSync(new URL(link, new URL('../../docs/guides/', import.meta.url))),
      ]).toEqual([link, true]);
  });
});
