import { describe, expect, it } from '@jest/globals';
import { FieldName, HeaderList, requireRequestLine, serializeRequestHead } from './index.ts';

const unsendable = [
  'a\r\nX-Consumer-Username: root',
  'a\n',
  'a\r',
  'a\0',
  'a\u007f',
  '\u010d\u010ax: y',
  '日本',
  '\ud800',
];

describe('a value that the gateway writes itself', () => {
  it.each(unsendable)('%j is refused, and the list stays as it was', (value) => {
    for (const name of [
      new FieldName('Host', { repeats: true }),
      new FieldName('X-Consumer-Id'),
      new FieldName('X-Unknown'),
    ]) {
      const headers = HeaderList.of({ host: 'a' });
      for (let times = 0; times < 2; times++) {
        expect(() => headers.setOwn(name, value)).toThrow(TypeError);
        expect(() => headers.addOwn(name, value)).toThrow(TypeError);
      }
      expect(serializeRequestHead('GET', '/', headers, 'none', 0)).toBe(
        'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
      );
    }
  });

  it('a good one after a refused one is written as it is', () => {
    const name = new FieldName('Host', { repeats: true });
    const headers = new HeaderList();
    headers.setOwn(name, 'a');
    expect(() => headers.setOwn(name, 'a\r\nb: c')).toThrow(TypeError);
    headers.setOwn(name, 'a');
    expect(headers.serialize()).toBe('Host: a\r\n');
  });
});

describe('requireRequestLine', () => {
  it.each(['', '/a b', '/a\r\nHost: b', '/é', '/日本', '/\0'])(
    'refuses the target %j',
    (target) => {
      expect(() => requireRequestLine('GET', target)).toThrow(TypeError);
    },
  );

  it.each(['', 'GET /x', 'G\r\n', 'GÉT'])('refuses the method %j', (method) => {
    expect(() => requireRequestLine(method, '/')).toThrow(TypeError);
  });
});
