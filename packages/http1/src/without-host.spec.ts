import { describe, expect, it } from '@jest/globals';
import { collectRequests } from '../testing/collect.ts';
import { RequestParser } from './index.ts';

const head = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);

describe('a request of HTTP/1.0 without Host', () => {
  it.each([
    ['GET / HTTP/1.0', '', undefined],
    ['OPTIONS * HTTP/1.0', '', undefined],
    ['OPTIONS / HTTP/1.0', '', undefined],
    ['GET http://A.test:/x HTTP/1.0', 'a.test', undefined],
    ['GET http://a.test:81/x HTTP/1.0', 'a.test:81', 81],
    ['CONNECT a:443 HTTP/1.0', '', undefined],
  ])('%s is for the authority "%s"', (line, authority, port) => {
    const parser = new RequestParser();
    parser.consume(head(line), 0);
    expect([parser.fault, parser.authority, parser.port]).toEqual([undefined, authority, port]);
    expect(authority.startsWith(parser.host)).toBe(true);
  });

  it('does not get the host of the request before, nor does the one behind it get none', () => {
    const keep = 'Connection: keep-alive';
    const texts = [
      head('GET /1 HTTP/1.0', 'Host: a', keep),
      head('GET /2 HTTP/1.0', keep),
      head('GET /3 HTTP/1.0', 'Host: a', keep),
    ];
    const { messages } = collectRequests(new RequestParser(), [Buffer.concat(texts)]);
    expect(messages.map(({ start }) => start)).toEqual([
      'GET /1 1.0 a ',
      'GET /2 1.0  ',
      'GET /3 1.0 a ',
    ]);
  });
});
