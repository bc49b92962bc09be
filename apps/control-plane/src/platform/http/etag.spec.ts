import { describe, expect, it } from '@jest/globals';
import { etagOf, matchesNone, matchesStrongly, parseEntityTags } from './etag.ts';

describe('entity tags', () => {
  const etag = etagOf(3, { name: 'orders' });

  it('differ when the version or the representation differs', () => {
    expect(etagOf(3, { name: 'orders' })).toBe(etag);
    expect(new Set([etag, etagOf(4, { name: 'orders' }), etagOf(3, { name: 'users' })]).size).toBe(
      3,
    );
    expect(etagOf(3, { a: 1, b: { c: 2, d: 3 } })).toBe(etagOf(3, { b: { d: 3, c: 2 }, a: 1 }));
    expect(etag).toMatch(/^"[\w-]{22}"$/);
  });

  it.each([
    ['nothing asked', undefined, true, true],
    ['the same tag', etag, true, false],
    ['one of several', `"x", ${etag}`, true, false],
    ['another tag', '"x"', false, true],
    ['the same tag, weak', `W/${etag}`, false, false],
    ['anything', '*', true, false],
    ['no entity tag at all', 'x', false, true],
  ])('%s', (_case, field, strongly, none) => {
    const tags = parseEntityTags(field);
    expect(matchesStrongly(tags, etag)).toBe(strongly);
    expect(matchesNone(tags, etag)).toBe(none);
  });

  it('match nothing when there is no resource', () => {
    expect(matchesStrongly(parseEntityTags('*'), undefined)).toBe(false);
    expect(matchesStrongly(undefined, undefined)).toBe(true);
    expect(matchesNone(parseEntityTags('*'), undefined)).toBe(true);
  });
});
