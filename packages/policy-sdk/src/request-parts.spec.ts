import { describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import fc from 'fast-check';
import { Cookies, QueryParameters, WebSocketProtocols } from './request-parts.ts';

describe('QueryParameters', () => {
  const parameters = new QueryParameters(['key', 'api_key']);

  it.each([
    ['key=K', ['K'], undefined],
    ['a=1&key=K&b=2', ['K'], 'a=1&b=2'],
    ['a=%20+%2B&key=K&b=%zz&&', ['K'], 'a=%20+%2B&b=%zz&&'],
    ['key=K&key=L', ['K', 'L'], undefined],
    ['key=K&api_key=L&c', ['K', 'L'], 'c'],
    ['%6Bey=K&api%5fkey=L&a=1', ['K', 'L'], 'a=1'],
    ['key=a%2Bb+c%3D=', ['a+b+c=='], undefined],
    ['key=%zz&%zz=1', ['%zz'], '%zz=1'],
    ['key&key=', ['', ''], undefined],
    ['&key=K&', ['K'], '&'],
    ['Key=K&keys=K&a=key=K&xkey=K', [], 'Key=K&keys=K&a=key=K&xkey=K'],
    ['a=1;key=K', [], 'a=1;key=K'],
    ['', [], ''],
  ])('of %j are %j, and leave %j', (query, values, rest) => {
    expect(parameters.valuesIn(query)).toEqual(values);
    expect(parameters.without(query)).toBe(rest);
  });

  it('are removed from any query without a change to the other bytes', () => {
    const other = fc
      .string({ maxLength: 8, unit: fc.constantFrom('a', 'k', '%', '=', '+', ';', '/', '?', '4') })
      .filter((pair) => parameters.valuesIn(pair).length === 0);
    const own = fc.constantFrom('key=K', 'key', 'api_key=', '%6bey=x');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), own, other), { minLength: 1 }), (pairs) => {
        const query = pairs.map(([isOwn, mine, theirs]) => (isOwn ? mine : theirs)).join('&');
        const kept = pairs.filter(([isOwn]) => !isOwn).map(([, , theirs]) => theirs);
        const expected = kept.length === 0 ? undefined : kept.join('&');
        expect(parameters.without(query)).toBe(expected);
        expect(parameters.valuesIn(expected ?? '')).toEqual([]);
      }),
      { seed: 3 },
    );
  });
});

describe('Cookies', () => {
  const cookies = new Cookies(['key']);
  const after = (...lines: string[]): string[] => {
    const headers = HeaderList.of(lines.map((line) => ['Cookie', line] as const));
    cookies.removeFrom(headers);
    return headers.getAll('cookie');
  };
  const valuesIn = (...lines: string[]): string[] =>
    cookies.valuesIn(HeaderList.of(lines.map((line) => ['Cookie', line] as const)));

  it.each<[string[], string[], string[]]>([
    [['key=K'], ['K'], []],
    [['a=1; key=K; b=2'], ['K'], ['a=1; b=2']],
    [['key=K; a=1'], ['K'], ['a=1']],
    [['a=1;key=K;b="x, y"'], ['K'], ['a=1;b="x, y"']],
    [['a=1;  b=%20 ;key=K'], ['K'], ['a=1;  b=%20 ']],
    [
      ['a=1; key=K', 'key=L', 'b=2; broken; =x'],
      ['K', 'L'],
      ['a=1', 'b=2; broken; =x'],
    ],
    [['key = K ; a=1'], ['K'], ['a=1']],
    [['keys=1; Key=2; a=key=3; key'], [], ['keys=1; Key=2; a=key=3; key']],
    [['key="K=="; key='], ['"K=="', ''], []],
    [[], [], []],
  ])('of %j are %j, and leave %j', (lines, values, rest) => {
    expect(valuesIn(...lines)).toEqual(values);
    expect(after(...lines)).toEqual(rest);
  });
});

describe('WebSocketProtocols', () => {
  const protocols = new WebSocketProtocols('key.');

  it.each<[string[], string[], string[]]>([
    [['key.K'], ['K'], []],
    [['chat, key.K'], ['K'], ['chat']],
    [['key.K, chat.v2 ,chat.v1'], ['K'], ['chat.v2, chat.v1']],
    [['chat', 'key.K', 'key.L'], ['K', 'L'], ['chat']],
    [['key., KEY.K'], [''], ['KEY.K']],
    [['chat,superchat'], [], ['chat,superchat']],
    [[], [], []],
  ])('of %j are %j, and leave %j', (lines, values, rest) => {
    const headers = HeaderList.of(lines.map((line) => ['Sec-WebSocket-Protocol', line] as const));
    expect(protocols.valuesIn(headers)).toEqual(values);
    protocols.removeFrom(headers);
    expect(headers.getAll('sec-websocket-protocol')).toEqual(rest);
  });
});
