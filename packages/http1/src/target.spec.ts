import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHttp1Fault, isNormalPath, keepEncodedSlash, normalizeTarget } from './index.ts';
import type { Http1FaultCode, NormalizedTarget } from './index.ts';

function normal(raw: string, keep = false): NormalizedTarget {
  const result = normalizeTarget(raw, { encodedSlash: keep ? 'keep' : 'refuse' });
  if (isHttp1Fault(result)) throw new Error(`${raw}: ${result.code}`);
  return result;
}

describe('normalising a path', () => {
  it.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders/', '/orders/'],
    ["/a-b_c.d~e!$&'()*+,;=:@", "/a-b_c.d~e!$&'()*+,;=:@"],
    ['//', '/'],
    ['///a//b///', '/a/b/'],
    ['//evil.example/a', '/evil.example/a'],
    ['/.', '/'],
    ['/..', '/'],
    ['/../../a', '/a'],
    ['/a/.', '/a/'],
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/../b', '/b'],
    ['/a/b/../../c/', '/c/'],
    ['/a//../b', '/b'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
    ['/..a/.b', '/..a/.b'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/%2e/b', '/a/b'],
    ['/a/.%2e/b', '/b'],
    ['/%2e%2e', '/'],
    ['/%7euser/%41%2D%5f', '/~user/A-_'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b%3ac', '/a%20b%3Ac'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%252F', '/%252F'],
    ['/a|b{c}^`"<>', '/a%7Cb%7Bc%7D%5E%60%22%3C%3E'],
    ['/a;v=1/b', '/a;v=1/b'],
  ])('%s becomes %s', (raw, path) => {
    expect(normal(raw)).toEqual({
      path,
      query: '',
      hasQuery: false,
      target: path,
      raw,
      hasEncodedSlash: false,
    });
  });

  it.each([
    ['/a?b=c', '/a', 'b=c', '/a?b=c'],
    ['/a?', '/a', '', '/a?'],
    ['/a??b?c', '/a', '?b?c', '/a??b?c'],
    ['/a/../b?x=/../%2e%2F%5c|{}', '/b', 'x=/../%2e%2F%5c|{}', '/b?x=/../%2e%2F%5c|{}'],
    ['/?%41%7e', '/', '%41%7e', '/?%41%7e'],
    ['http://a/b/../c?d', '/c', 'd', '/c?d'],
    ['HTTP://a', '/', '', '/'],
    ['https://a?b', '/', 'b', '/?b'],
    ['http://a//b', '/b', '', '/b'],
    ['*', '*', '', '*'],
  ])('%s gives path, query and target', (raw, path, query, target) => {
    expect(normal(raw)).toEqual({
      path,
      query,
      hasQuery: raw.includes('?'),
      target,
      raw,
      hasEncodedSlash: false,
    });
  });

  it('keeps encoded slashes when told to, and says so', () => {
    expect(normal('/a%2fb%5cc', true)).toMatchObject({ path: '/a%2Fb%5Cc', hasEncodedSlash: true });
    expect(normal('/a/b', true)).toMatchObject({ hasEncodedSlash: false });
    expect(normal('/a%2Fb/../c', true)).toMatchObject({ path: '/c', hasEncodedSlash: true });
  });

  it('gives a normal target back as the same string', () => {
    const raw = '/orders/17/items?page=2';
    expect(normal(raw).target).toBe(raw);
  });
});

describe('refusing a target', () => {
  it.each<[Http1FaultCode, string]>([
    ['fragment_in_target', '/a#b'],
    ['fragment_in_target', '/a?b#c'],
    ['fragment_in_target', '/../a#'],
    ['invalid_target_character', '/caf\xe9'],
    ['invalid_target_character', '/a?\xe9'],
    ['invalid_target_character', '/a\u0161'],
    ['invalid_target_character', '/a b'],
    ['invalid_target_character', '/a\0'],
    ['invalid_target_character', '/a\x7f'],
    ['invalid_target_character', '/a?\x01'],
    ['invalid_target_character', '/a\\b'],
    ['invalid_target_character', '/..\\..\\a'],
    ['encoded_nul', '/a%00'],
    ['encoded_nul', '/a?b=%00'],
    ['invalid_percent_escape', '/%'],
    ['invalid_percent_escape', '/%4'],
    ['invalid_percent_escape', '/%zz'],
    ['invalid_percent_escape', '/%4?1'],
    ['invalid_percent_escape', '/%%34%31'],
    ['invalid_percent_escape', '/%u0041'],
    ['invalid_percent_escape', '/a?%'],
    ['invalid_percent_escape', '/a?100%25%'],
    ['invalid_percent_escape', '/a?%zz'],
    ['encoded_slash', '/a%2fb'],
    ['encoded_slash', '/a%2Fb'],
    ['encoded_slash', '/a%5cb'],
    ['encoded_slash', '/..%2f..%2fetc'],
    ['dot_segment_parameter', '/a/..;/b'],
    ['dot_segment_parameter', '/a/.;x=1/b'],
    ['dot_segment_parameter', '/a/%2e%2e;x'],
    ['invalid_target_form', ''],
    ['invalid_target_form', 'a'],
    ['invalid_target_form', '**'],
    ['invalid_target_form', '?a'],
    ['invalid_target_form', 'ftp://a/'],
    ['invalid_target_form', 'a:443'],
  ])('%s: %j', (code, raw) => {
    expect(normalizeTarget(raw)).toMatchObject({ code });
  });

  it.each(['/..%2fa', '/a%2f..', '/a%2F../b', '/a%5c..%5cb', '/.%2fa', '/a;b%2f..;c'])(
    'a dot segment beside an encoded slash, also where those are kept: %s',
    (raw) => {
      expect(normalizeTarget(raw, { encodedSlash: 'keep' })).toMatchObject({
        code: 'dot_segment_parameter',
      });
    },
  );
});

describe('properties', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '/./',
      '/../',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5C',
      '%41',
      '%c3',
      '%25',
      '%00',
      '%zz',
      '?',
      '#',
      '\\',
      ';',
      '{',
      '\xe9',
    ),
    fc.stringMatching(/^[a-zA-Z0-9._~-]{1,4}$/),
  );
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

  it('is idempotent, and its results are normal', () => {
    fc.assert(
      fc.property(target, fc.boolean(), (raw, keep) => {
        const options = { encodedSlash: keep ? 'keep' : 'refuse' } as const;
        const once = normalizeTarget(raw, options);
        if (isHttp1Fault(once)) return;
        const { path, query, target: whole } = once;
        expect(normalizeTarget(whole, options)).toMatchObject({ path, query, target: whole });
        expect(once.path).toMatch(/^\/[!-~]*$/);
        expect(once.path).not.toMatch(/[#?\\"<>^`{|}]|\/\/|\/\.\.?(?:\/|$)|%[0-9A-F]?[a-f]|%00/);
        expect(once.path.match(/%2[DE]|%[46][1-9A-F]|%[57][0-9A]|%3[0-9]|%7E|%5F/g)).toBeNull();
        expect(once.target).toBe(raw.includes('?') ? `${once.path}?${once.query}` : once.path);
      }),
      { numRuns: 3000, seed: 4 },
    );
  });

  it('agrees with the URL standard about dots, where that has one answer', () => {
    const segment = fc.constantFrom('a', 'b.c', '.', '..', '%2e', '.%2E', '...', '%20');
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 10 }),
        fc.boolean(),
        (segments, slash) => {
          const raw = `/${segments.join('/')}${slash ? '/' : ''}`;
          expect(normal(raw).path).toBe(new URL(raw, 'http://a').pathname);
        },
      ),
      { numRuns: 2000, seed: 5 },
    );
  });

  it('answers for a long hostile target as fast as for a good one', () => {
    for (const raw of [
      `/${'a/'.repeat(4000)}%`,
      `/${'a.'.repeat(4000)}#`,
      `/${'..%2f'.repeat(1600)}`,
      `/${'a%2f'.repeat(2000)}..`,
    ]) {
      const start = process.hrtime.bigint();
      expect(isHttp1Fault(normalizeTarget(raw, { encodedSlash: 'keep' }))).toBe(true);
      expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(100);
    }
  });
});

describe('isNormalPath', () => {
  it.each([
    '/',
    '/a',
    '/a/',
    '/a/b.c',
    '/.a',
    '/a%20b',
    '/caf%C3%A9',
    '/...',
    '/a;b',
    "/a@b:c!$&'()*+,;=~_-",
  ])('%s is one', (path) => {
    expect(isNormalPath(path)).toBe(true);
  });

  it.each([
    '',
    'a',
    '*',
    '//',
    '//a',
    '/a//b',
    '/.',
    '/..',
    '/a/..',
    '/%2e',
    '/%41',
    '/caf%c3',
    '/%',
    '/%00',
    '/a?b',
    '/a?',
    '/a#',
    '/a b',
    '/é',
    '/日本',
    '/"',
    '/a\r\n',
    '/..;a',
  ])('%j is none', (path) => {
    expect(isNormalPath(path)).toBe(false);
    expect(isNormalPath(path, keepEncodedSlash)).toBe(false);
  });

  it('an encoded slash is normal where it is kept, but for one that could begin another host', () => {
    expect(isNormalPath('/a%2Fb')).toBe(false);
    expect(isNormalPath('/a%2Fb', keepEncodedSlash)).toBe(true);
    for (const path of ['/%2Fb', '/%5Cb', '/a%2fb', '/a%2F..', '/..%2Fb'])
      expect(isNormalPath(path, keepEncodedSlash)).toBe(false);
  });
});
