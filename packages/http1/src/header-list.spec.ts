import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeaderList, RequestParser } from './index.ts';

/** The list of a parsed request with these field lines after `Host: a`. */
function parsed(...lines: string[]): HeaderList {
  const parser = new RequestParser();
  parser.consume(
    Buffer.from(['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n'), 'latin1'),
    0,
  );
  expect(parser.state).toBe('head');
  return parser.headers;
}

describe('reading', () => {
  const list = (): HeaderList =>
    parsed('Accept: x', 'X-Team:  red ', 'accept: y', 'Content-Type: text/plain', 'x-team: blue');

  it('finds fields without regard to case, known names and others alike', () => {
    expect(list().get('accept')).toBe('x');
    expect(list().get('ACCEPT')).toBe('x');
    expect(list().get('x-team')).toBe('red');
    expect(list().get('X-TEAM')).toBe('red');
    expect(list().get('x-tea')).toBeUndefined();
    expect(list().get('cookie')).toBeUndefined();
    expect(list().has('content-type')).toBe(true);
    expect(list().has('content-typo')).toBe(false);
    expect(list().getAll('accept')).toEqual(['x', 'y']);
    expect(list().getAll('Accept')).toEqual(['x', 'y']);
    expect(list().getAll('x-team')).toEqual(['red', 'blue']);
    expect(list().getAll('x-none')).toEqual([]);
  });

  it('does not take "^" for "~": the two differ by the bit that tells cases of letters apart', () => {
    const symbols = HeaderList.of([['x^', '1']]);
    expect(symbols.get('x~')).toBeUndefined();
    expect(symbols.get('X^')).toBe('1');
  });

  it('lists names once and entries in order', () => {
    expect(list().size).toBe(6);
    expect(list().names()).toEqual(['host', 'accept', 'x-team', 'content-type']);
    const seen: string[] = [];
    list().forEach((name, value) => seen.push(`${name}=${value}`));
    expect(seen).toEqual([
      'host=a',
      'accept=x',
      'x-team=red',
      'accept=y',
      'content-type=text/plain',
      'x-team=blue',
    ]);
    expect(list().entries()).toHaveLength(6);
  });
});

describe('writing', () => {
  it('copies untouched fields as they came, spelling and spaces included', () => {
    expect(parsed('ACCEPT:x', 'X-Team:   red  ').serialize()).toBe(
      'Host: a\r\nACCEPT:x\r\nX-Team:   red  \r\n',
    );
  });

  it('sets in place of the first field and removes the others', () => {
    const list = parsed('X-A: 1', 'X-B: 2', 'x-a: 3');
    list.set('x-a', 'new');
    expect(list.serialize()).toBe('Host: a\r\nx-a: new\r\nX-B: 2\r\n');
    list.set('x-c', '4');
    list.set('x-a', 'newer');
    expect(list.serialize()).toBe('Host: a\r\nx-a: newer\r\nX-B: 2\r\nx-c: 4\r\n');
  });

  it('adds at the end, removes all, and says how many', () => {
    const list = parsed('X-A: 1');
    list.add('x-a', '2');
    list.add('Cookie', 'c');
    expect(list.getAll('x-a')).toEqual(['1', '2']);
    expect(list.remove('X-A')).toBe(2);
    expect(list.remove('x-a')).toBe(0);
    expect(list.remove('cookie')).toBe(1);
    expect(list.serialize()).toBe('Host: a\r\n');
  });

  it('renames in place, also to and from known names', () => {
    const list = parsed('X-Api-Key: 1', 'X-B: 2', 'x-api-key: 3');
    expect(list.rename('x-api-key', 'Authorization')).toBe(2);
    expect(list.getAll('authorization')).toEqual(['1', '3']);
    expect(list.has('x-api-key')).toBe(false);
    expect(list.rename('authorization', 'x-c')).toBe(2);
    expect(list.serialize()).toBe('Host: a\r\nx-c: 1\r\nX-B: 2\r\nx-c: 3\r\n');
    expect(list.rename('x-c', 'X-C')).toBe(2);
    expect(list.rename('x-none', 'x-d')).toBe(0);
  });

  it('renames several fields by the names they have, also in a swap and in a chain', () => {
    const list = HeaderList.of([
      ['X-A', '1'],
      ['host', 'h'],
      ['x-b', '2'],
      ['X-a', '3'],
    ]);
    list.renameEach(
      new Map([
        ['x-a', 'x-b'],
        ['x-b', 'X-A'],
        ['host', 'X-Api-Key'],
        ['x-none', 'x-d'],
      ]),
    );
    expect(list.serialize()).toBe('x-b: 1\r\nX-Api-Key: h\r\nX-A: 2\r\nx-b: 3\r\n');
    expect([list.get('host'), list.get('x-api-key'), list.getAll('x-b')]).toEqual([
      undefined,
      'h',
      ['1', '3'],
    ]);
    expect(() => list.renameEach(new Map([['x-b', 'a b']]))).toThrow(TypeError);
    expect(list.getAll('x-b')).toEqual(['1', '3']);
  });

  it('removes a set of names in one pass', () => {
    const list = parsed('X-A: 1', 'Cookie: c', 'X-B: 2', 'x-a: 3');
    expect(list.removeAll(new Set(['x-a', 'cookie', 'x-none']))).toBe(3);
    expect(list.entries()).toEqual([
      ['host', 'a'],
      ['x-b', '2'],
    ]);
  });

  it('leaves framing out where framing is written from state', () => {
    const list = parsed('Content-Length: 0', 'X-A: 1');
    list.add('transfer-encoding', 'chunked');
    expect(list.serializeWithoutFraming()).toBe('Host: a\r\nX-A: 1\r\n');
    expect(list.serialize()).toContain('Content-Length: 0\r\n');
  });

  it('clones to an independent list', () => {
    const list = parsed('X-A: 1');
    list.add('x-b', '2');
    const copy = list.clone();
    list.set('x-a', 'changed');
    list.remove('x-b');
    expect(copy.entries()).toEqual([
      ['host', 'a'],
      ['x-a', '1'],
      ['x-b', '2'],
    ]);
    copy.clear();
    expect([copy.size, copy.serialize(), copy.has('host')]).toEqual([0, '', false]);
    expect(list.size).toBe(2);
  });

  it('is made of a record or of pairs', () => {
    expect(HeaderList.of({ 'X-A': '1', host: 'a' }).serialize()).toBe('X-A: 1\r\nhost: a\r\n');
    expect(
      HeaderList.of([
        ['a', '1'],
        ['a', '2'],
      ] as const).getAll('a'),
    ).toEqual(['1', '2']);
  });

  it('grows beyond its first capacity', () => {
    const list = HeaderList.of(
      Array.from({ length: 500 }, (_, index) => [`x-${index}`, `${index}`] as const),
    );
    expect(list.get('x-499')).toBe('499');
    expect(list.size).toBe(500);
  });

  it('does not grow when a field is set and removed over and over', () => {
    const list = parsed();
    for (let index = 0; index < 10_000; index++) {
      list.set('x-a', `${index}`);
      list.add('x-b', 'b');
      list.remove('x-a');
      list.remove('x-b');
    }
    expect(list.serialize()).toBe('Host: a\r\n');
    expect(JSON.stringify(list).length).toBeLessThan(5000);
  });
});

describe('what may not enter', () => {
  // U+010D and U+010A written as latin1 would become CR and LF.
  it.each([
    'a\r\nX: b',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\x0bb',
    'a\x7fb',
    '\u010d\u010aX: b',
    '\u2028',
    '日本',
  ])('the value %j', (value) => {
    const list = new HeaderList();
    expect(() => list.set('x-a', value)).toThrow(TypeError);
    expect(() => list.add('x-a', value)).toThrow(/"x-a" holds a line break/);
    expect(() => HeaderList.of({ 'x-a': value })).toThrow(TypeError);
    expect(list.size).toBe(0);
  });

  it.each(['', 'a b', 'a:', 'a\r\n', 'ä', 'a\u0161', '(a)', ' a', 'a '])('the name %j', (name) => {
    const list = HeaderList.of({ 'x-a': '1' });
    expect(() => list.set(name, 'v')).toThrow(TypeError);
    expect(() => list.add(name, 'v')).toThrow(/is not a header name/);
    expect(() => list.rename('x-a', name)).toThrow(TypeError);
    expect(list.entries()).toEqual([['x-a', '1']]);
  });

  it('takes tabs and obs-text', () => {
    expect(HeaderList.of({ 'x-a': 'a\tb\xe9' }).serialize()).toBe('x-a: a\tb\xe9\r\n');
  });
});

describe('against a plain array of pairs', () => {
  type Pair = [string, string];
  const name = fc.constantFrom(
    'host',
    'Host',
    'cookie',
    'Cookie',
    'x-a',
    'X-A',
    'x-b',
    'via',
    'x-longer-name',
    'content-length',
  );
  const value = fc.stringMatching(/^[a-z0-9]{0,5}$/);
  const operation = fc.oneof(
    fc.tuple(fc.constant('set' as const), name, value),
    fc.tuple(fc.constant('add' as const), name, value),
    fc.tuple(fc.constant('remove' as const), name, fc.constant('')),
    fc.tuple(fc.constant('rename' as const), name, name),
    fc.tuple(fc.constant('removeAll' as const), name, name),
  );
  const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

  function applyToArray(pairs: Pair[], kind: string, first: string, second: string): Pair[] {
    if (kind === 'add') return [...pairs, [first, second]];
    if (kind === 'remove') return pairs.filter(([key]) => !same(key, first));
    if (kind === 'removeAll')
      return pairs.filter(([key]) => !same(key, first) && !same(key, second));
    if (kind === 'rename')
      return pairs.map(([key, text]) => (same(key, first) ? [second, text] : [key, text]));
    const at = pairs.findIndex(([key]) => same(key, first));
    if (at < 0) return [...pairs, [first, second]];
    return pairs.flatMap(([key, text], index): Pair[] =>
      index === at ? [[first, second]] : same(key, first) ? [] : [[key, text]],
    );
  }

  it('does the same', () => {
    const start = fc.array(fc.tuple(fc.constantFrom('Cookie', 'X-A', 'x-b', 'X-C', 'Via'), value), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(start, fc.array(operation, { maxLength: 20 }), (fields, operations) => {
        const list = parsed(...fields.map(([key, text]) => `${key}: ${text}`));
        let pairs: Pair[] = [['Host', 'a'], ...fields];
        for (const [kind, first, second] of operations) {
          pairs = applyToArray(pairs, kind, first, second);
          if (kind === 'remove') list.remove(first);
          else if (kind === 'removeAll')
            list.removeAll(new Set([first.toLowerCase(), second.toLowerCase()]));
          else list[kind](first, second);
          expect(list.entries()).toEqual(pairs.map(([key, text]) => [key.toLowerCase(), text]));
        }
        expect(list.clone().serialize().toLowerCase()).toBe(
          pairs
            .map(([key, text]) => `${key}: ${text}\r\n`)
            .join('')
            .toLowerCase(),
        );
        for (const key of ['host', 'cookie', 'x-a', 'X-B', 'via', 'x-longer-name']) {
          const values = pairs.filter(([other]) => same(other, key)).map(([, text]) => text);
          expect(list.getAll(key)).toEqual(values);
          expect(list.get(key)).toBe(values[0]);
          expect(list.has(key)).toBe(values.length > 0);
        }
      }),
      { numRuns: 1000, seed: 3 },
    );
  });
});
