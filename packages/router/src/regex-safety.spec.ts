import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checkRegex } from './regex-safety.ts';
import { parseRegex } from './regex-syntax.ts';
import type { RegexNode } from './regex-syntax.ts';

const accepted = [
  '^/v\\d+/orders$',
  '^/files/.*$',
  '^/files/(.*)\\.png$',
  '^/[^/]+/[^/]+(?:/[a-z]+)*$',
  '^/(?:[a-z]+/)*end$',
  '^/(orders|offers|order-items)/\\d{1,10}$',
  '^/(?:a|ab|abc)d$',
  '^/(?:a|ab)*$',
  '^/(?<tenant>[a-z0-9-]+)/api',
  '^/[\\w-]+(?:\\.[\\w-]+)*$',
  '^/a?b?c?/x$',
  '^/(?:ab?c){1,5}$',
  '^/.*?/last$',
  '^/a{3}a{2}$',
  '^/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  '^/$',
  '^.*$',
  '^(?:/x)?',
];

describe('checkRegex', () => {
  it.each(accepted)('accepts %s', (source) => {
    expect(checkRegex(source)).toEqual([]);
  });

  it.each([
    ['/orders', 'begin with "^"'],
    ['^orders$', 'begin with "^/"'],
    ['^$', 'begin with "^/"'],
    ['^/(a+)+$', 'repetition within a repetition'],
    ['^/(?:a*)*$', 'match nothing'],
    ['^/(?:a?){30}$', 'match nothing'],
    ['^/(?:a|a)*$', 'two alternatives'],
    ['^/(?:a|[ab])*$', 'two alternatives'],
    ['^/(?:a*|b*)$', 'two alternatives'],
    ['^/(?:\\w+|\\d+)x$', 'two alternatives'],
    ['^/(?:a|aa)*$', 'repetition within a repetition'],
    ['^/a*a*$', 'match the same characters'],
    ['^/.*a.*b$', 'match the same characters'],
    ['^/.*/x/.*$', 'match the same characters'],
    ['^/(?:.*a)?$', 'match the same characters'],
    ['^/\\d*\\w*\\d$', 'match the same characters'],
    ['^/(?:ca*b?){1,2}a*$', 'match the same characters'],
    ['^/(?:cb*a?)?b*$', 'match the same characters'],
    ['^/a*a?a?$', 'match the same characters'],
    [`^/.*${'a'.repeat(65)}$`, 'match the same characters'],
    ['^/(a)\\1$', 'backreference'],
    ['^/(?<a>a)\\k<a>$', 'backreference'],
    ['^/(?=a)', 'lookahead'],
    ['^/(?!a)', 'lookahead'],
    ['^/(?<=a)b', 'lookahead'],
    ['^/\\bx', 'word boundary'],
    ['^/\\p{L}', 'not supported'],
    ['^/\\x41', 'not supported'],
    ['^/a|/b$', 'put the alternatives into a group'],
    ['^/a$|^/b$', 'put the alternatives into a group'],
    ['^/a^b', '"^" may only be the first'],
    ['^/a$b', '"$" may only be the last'],
    ['^/(?:a$)', '"$" may only be the last'],
    ['^/(a', 'not closed'],
    ['^/a)', 'closes no group'],
    ['^/[a', 'not closed'],
    ['^/[]', 'not supported'],
    ['^/[b-a]', 'a range'],
    ['^/[\\w-z]', 'a range'],
    ['^/[\\q]', 'not supported in'],
    ['^/a**', 'a quantifier too many'],
    ['^/a{2}{3}', 'a quantifier too many'],
    ['^/*', undefined],
    ['^*/', 'repeats nothing'],
    ['^/a{', 'begins a count'],
    ['^/a{,3}', 'begins a count'],
    ['^/a{3,2}', 'counts down'],
    ['^/a{0}', 'never matches anything'],
    ['^/a{300}', 'counts beyond 256'],
    ['^/a]', 'for the character itself'],
    ['^/a}', 'for the character itself'],
    ['^/é', 'percent-encoded'],
    ['^/a b', 'percent-encoded'],
    ['^/(?<a>x)(?<a>y)', 'used twice'],
    ['^/(?<1>x)', 'a group is written'],
    ['^/(?<__proto__>x)', 'cannot be the name'],
    ['^/(?i:x)', 'a group is written'],
    ['^/a\\', 'not supported'],
  ])('%s: %s', (source, fault) => {
    expect(checkRegex(source)).toEqual(fault === undefined ? [] : [expect.stringContaining(fault)]);
  });

  it('makes the engine accept what it accepts and read it the same way', () => {
    fc.assert(
      fc.property(regex, fc.stringMatching(/^[ab/.]{0,12}$/), (source, text) => {
        fc.pre(checkRegex(source).length === 0);
        expect(backtrack(source, `/${text}`).matches).toBe(
          new RegExp(source, 'u').test(`/${text}`),
        );
      }),
      { numRuns: 1500, seed: 20261123 },
    );
  });

  it('accepts only what a backtracking matcher does in linear time', () => {
    let tried = 0;
    fc.assert(
      fc.property(
        regex,
        fc.stringMatching(/^[ab/.]{1,4}$/),
        fc.constantFrom('', 'a', 'b', '!'),
        (source, motif, end) => {
          fc.pre(checkRegex(source).length === 0);
          tried += 1;
          expect(growth(source, motif, end)).toBeLessThan(2.3);
        },
      ),
      { numRuns: 600, seed: 20261123 },
    );
    expect(tried).toBe(600);
  });

  it.each([
    ['^/a*a*$', 60],
    ['^/.*a.*b$', 60],
    ['^/(?:a|[ab])*/$', 6],
    ['^/(?:.*a)*$', 6],
  ])('would notice the growth of %s, which is refused', (source, length) => {
    expect(checkRegex(source)).not.toEqual([]);
    expect(growth(source, 'a', '!', length)).toBeGreaterThan(3);
  });

  it.each(accepted)('runs %s on long paths in linear time', (source) => {
    const expression = new RegExp(source, 'u');
    const motifs = ['a', '/', '/a', 'a/', 'ab', 'abc', '.png', '-', '1', 'order', '/last', '0123-'];
    const start = performance.now();
    for (const motif of motifs)
      for (const end of ['', '!', '\n'])
        expression.test(`/${motif.repeat(100_000 / motif.length)}${end}`);
    expect(performance.now() - start).toBeLessThan(2000); // A few milliseconds in truth; a quadratic one takes minutes.
  });
});

/** Expressions of a small alphabet, anchored at both ends: many are ambiguous, enough are not. */
const { regex } = fc.letrec<{ regex: string; body: string; item: string; atom: string }>((tie) => ({
  regex: tie('body').map((body) => `^/${body}$`),
  body: fc.array(tie('item'), { minLength: 1, maxLength: 4 }).map((items) => items.join('')),
  item: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '*?'))
    .map(([atom, quantifier]) => atom + quantifier),
  atom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '/', '\\.', '[ab]', '[^/]', '.'),
    fc
      .array(tie('body'), { minLength: 1, maxLength: 3 })
      .map((options) => `(?:${options.join('|')})`),
  ),
}));

/**
 * How the steps of matching multiply when the text doubles: about 2 when time is linear, 4 when it
 * is quadratic.
 */
function growth(source: string, motif: string, end: string, length = 180): number {
  const steps = (times: number): number =>
    backtrack(source, `/${motif.repeat((times * length) / motif.length)}${end}`).steps;
  return (steps(2) - 100) / (steps(1) + 100);
}

const maxSteps = 2_000_000;

/**
 * A plain backtracking matcher, as engines have it, that counts its steps. Expressions are taken to
 * end in `$`.
 */
function backtrack(
  source: string,
  text: string,
): { readonly matches: boolean; readonly steps: number } {
  let steps = 0;
  const run = (node: RegexNode, at: number, goOn: (at: number) => boolean): boolean => {
    steps += 1;
    if (steps > maxSteps)
      throw new Error(`${source} took more than ${maxSteps} steps on ${text.length} characters`);
    switch (node.kind) {
      case 'character':
        return (
          at < text.length &&
          ((node.set >> BigInt(text.charCodeAt(at))) & 1n) === 1n &&
          goOn(at + 1)
        );
      case 'sequence':
        return inOrder(node.items, 0, at, goOn);
      case 'choice':
        return node.options.some((option) => run(option, at, goOn));
      case 'repeat':
        return repeated(node, 0, at, goOn);
    }
  };
  const inOrder = (
    items: readonly RegexNode[],
    index: number,
    at: number,
    goOn: (at: number) => boolean,
  ): boolean => {
    const item = items[index];
    return item === undefined
      ? goOn(at)
      : run(item, at, (next) => inOrder(items, index + 1, next, goOn));
  };
  const repeated = (
    node: RegexNode & { kind: 'repeat' },
    count: number,
    at: number,
    goOn: (at: number) => boolean,
  ): boolean => {
    const once =
      count < node.max &&
      run(
        node.item,
        at,
        (next) => (next > at || count < node.min) && repeated(node, count + 1, next, goOn),
      );
    return once || (count >= node.min && goOn(at));
  };
  const matches = inOrder(parseRegex(source).items, 0, 0, (at) => at === text.length);
  return { matches, steps };
}
