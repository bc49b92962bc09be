import { describe, expect, it } from '@jest/globals';
import { HeaderList, removeHopByHop } from './index.ts';

function remaining(fields: [string, string][], keepTrailers = false): string[] {
  const list = HeaderList.of([['host', 'a'], ...fields, ['x-last', '1']] as [string, string][]);
  removeHopByHop(list, { keepTrailers });
  expect(list.get('x-last')).toBe('1');
  return list
    .entries()
    .map(([name, value]) => `${name}: ${value}`)
    .filter((line) => !/^(?:host|x-last):/.test(line));
}

describe('removing what concerns one connection', () => {
  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ])('removes %s, however often it stands there', (name) => {
    expect(
      remaining([
        [name, 'x'],
        ['x-a', '1'],
        [name, 'y'],
      ]),
    ).toEqual(['x-a: 1']);
  });

  it('removes what Connection nominates, over several lines, in any case', () => {
    expect(
      remaining([
        ['X-A', '1'],
        ['connection', 'close, X-A ,, x-b'],
        ['x-a', '2'],
        ['x-b', '3'],
        ['x-c', '4'],
        ['Connection', '\tx-D'],
        ['X-d', '5'],
      ]),
    ).toEqual(['x-c: 4']);
  });

  it('does not let Connection nominate fields that are added afterwards', () => {
    const list = HeaderList.of({
      connection: 'x-forwarded-for, authorization',
      'x-forwarded-for': 'forged',
      authorization: 'x',
    });
    removeHopByHop(list);
    list.set('x-forwarded-for', '203.0.113.9');
    expect(list.entries()).toEqual([['x-forwarded-for', '203.0.113.9']]);
  });

  it('leaves everything else as it is', () => {
    expect(
      remaining([
        ['Cookie', 'a'],
        ['x-close', '1'],
        ['connection', 'keep-alive'],
      ]),
    ).toEqual(['cookie: a', 'x-close: 1']);
    expect(remaining([])).toEqual([]);
  });

  it('keeps exactly TE: trailers and Trailer where trailers are passed on', () => {
    const fields: [string, string][] = [
      ['connection', 'te, trailer'],
      ['te', 'gzip;q=0.5, Trailers'],
      ['trailer', 'grpc-status'],
    ];
    expect(remaining(fields, true)).toEqual(['trailer: grpc-status', 'te: trailers']);
    expect(remaining(fields)).toEqual([]);
    expect(remaining([['te', 'gzip']], true)).toEqual([]);
    expect(remaining([['te', 'xtrailers']], true)).toEqual([]);
  });

  it('takes thousands of nominations in its stride', () => {
    const names = Array.from({ length: 8000 }, (_, index) => index.toString(36)).join(',');
    expect(
      remaining([
        ['connection', names],
        ['7', '1'],
        ['x-a', '1'],
      ]),
    ).toEqual(['x-a: 1']);
  });
});
