import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Targets } from './targets.ts';

const origin = 'https://shop.test';
const targets = new Targets(['https://admin.test', 'http://localhost:3000'], '/.sluice/oidc');

describe('Targets', () => {
  it.each([
    ['/', '/'],
    ['/a/b?c=%2F%2Fd&e=//f', '/a/b?c=%2F%2Fd&e=//f'],
    ['/a#b', '/a'],
    ['/a/../b', '/b'],
    ['https://shop.test/x', 'https://shop.test/x'],
    ['https://admin.test/x?y', 'https://admin.test/x?y'],
    ['http://localhost:3000/', 'http://localhost:3000/'],
    ['/.sluice/oidc/logout', '/'],
    ['/.sluice/oidc', '/'],
    ['/x/../.sluice/oidc/logout', '/'],
    ['/.sluice/oidcs', '/.sluice/oidcs'],
  ])('leads to %j as %j', (text, target) => {
    expect(targets.checked(text, origin)).toBe(target);
  });

  it.each([
    '',
    'a',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/a\r\nb',
    '/ /evil.test',
    '/..//evil.test',
    '/.//evil.test',
    '/a/..//evil.test',
    'https:evil.test',
    'https://evil.test',
    'https://shop.test.evil.test/',
    'https://shop.test@evil.test/',
    'https://user@admin.test/',
    'http://admin.test/',
    'https://admin.test:444/',
    'javascript:alert(1)',
    'data:text/html,x',
    `/${'a'.repeat(2_048)}`,
  ])('refuses %j', (text) => {
    expect(targets.checked(text, origin)).toBeUndefined();
  });

  it('never leads to an origin that is not listed, as a browser resolves it', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      'a',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '\t',
      'evil.test',
      'https:',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const target = targets.checked(parts.join(''), origin);
        if (target === undefined) return;
        const resolved = new URL(target, `${origin}/.sluice/oidc/callback`).origin;
        expect([origin, 'https://admin.test', 'http://localhost:3000']).toContain(resolved);
      }),
      { numRuns: 5_000 },
    );
  });
});
