import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { collectRequests, collectResponses } from '../testing/collect.ts';
import {
  chunkPrefix,
  chunkSuffix,
  continueHead,
  HeaderList,
  isKnownMethod,
  lastChunk,
  lastChunkWithTrailers,
  RequestParser,
  ResponseParser,
  serializeRequestHead,
  serializeResponseHead,
  statusText,
} from './index.ts';
import type { Framing } from './index.ts';

describe('heads', () => {
  const headers = (): HeaderList =>
    HeaderList.of({ host: 'a', 'content-length': '99', 'X-A': '1', 'Transfer-Encoding': 'gzip' });

  it('are one string, framed by the arguments alone', () => {
    expect(serializeRequestHead('GET', '/a?b', headers(), 'none', 0)).toBe(
      'GET /a?b HTTP/1.1\r\nhost: a\r\nX-A: 1\r\n\r\n',
    );
    expect(serializeRequestHead('POST', '/', headers(), 'length', 0)).toBe(
      'POST / HTTP/1.1\r\nhost: a\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n',
    );
    expect(serializeRequestHead('POST', '/', headers(), 'chunked', 5)).toBe(
      'POST / HTTP/1.1\r\nhost: a\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    expect(serializeResponseHead(200, undefined, headers(), 'length', 12)).toBe(
      'HTTP/1.1 200 OK\r\nhost: a\r\nX-A: 1\r\nContent-Length: 12\r\n\r\n',
    );
    expect(serializeResponseHead(200, 'Fine', headers(), 'close', 0)).toBe(
      'HTTP/1.1 200 Fine\r\nhost: a\r\nX-A: 1\r\n\r\n',
    );
    expect(serializeResponseHead(599, undefined, new HeaderList(), 'none', 0)).toBe(
      'HTTP/1.1 599 \r\n\r\n',
    );
  });

  it.each<[string, () => string]>([
    ['a method that is no token', () => serializeRequestHead('GET /', '/', headers(), 'none', 0)],
    ['an empty method', () => serializeRequestHead('', '/', headers(), 'none', 0)],
    ['an empty target', () => serializeRequestHead('GET', '', headers(), 'none', 0)],
    [
      'a target with a space',
      () => serializeRequestHead('GET', '/ HTTP/1.1', headers(), 'none', 0),
    ],
    [
      'a target with a line break',
      () => serializeRequestHead('GET', '/\r\nX: y', headers(), 'none', 0),
    ],
    [
      'a target that latin1 would change',
      () => serializeRequestHead('GET', '/\u010d\u010a', headers(), 'none', 0),
    ],
    [
      'a reason with a line break',
      () => serializeResponseHead(200, 'OK\r\nX: y', headers(), 'none', 0),
    ],
    [
      'a reason that latin1 would change',
      () => serializeResponseHead(200, '\u010a', headers(), 'none', 0),
    ],
    ['a status of two digits', () => serializeResponseHead(99, 'X', headers(), 'none', 0)],
    ['a status beyond 599', () => serializeResponseHead(600, 'X', headers(), 'none', 0)],
    ['a status that is no number', () => serializeResponseHead(NaN, 'X', headers(), 'none', 0)],
    ['a negative length', () => serializeRequestHead('GET', '/', headers(), 'length', -1)],
    ['a broken length', () => serializeRequestHead('GET', '/', headers(), 'length', 1.5)],
    [
      'a length that is no number',
      () => serializeRequestHead('GET', '/', headers(), 'length', NaN),
    ],
    ['an empty chunk', () => chunkPrefix(0)],
    ['a chunk of no size', () => chunkPrefix(NaN)],
  ])('refuse %s', (_, write) => {
    expect(write).toThrow(TypeError);
  });
});

describe('chunks', () => {
  it('are framed as hexadecimal', () => {
    expect([chunkPrefix(1), chunkPrefix(255), chunkPrefix(65_536)]).toEqual([
      '1\r\n',
      'ff\r\n',
      '10000\r\n',
    ]);
    expect([chunkSuffix, lastChunk]).toEqual(['\r\n', '0\r\n\r\n']);
  });

  it('end with trailers, among which framing has no place', () => {
    expect(
      lastChunkWithTrailers(HeaderList.of({ 'grpc-status': '0', 'content-length': '1' })),
    ).toBe('0\r\ngrpc-status: 0\r\n\r\n');
    expect(lastChunkWithTrailers(new HeaderList())).toBe(lastChunk);
  });
});

describe('written, then parsed', () => {
  const fields = fc.array(
    fc.tuple(
      fc.stringMatching(/^x-[a-z]{1,8}$/),
      fc.stringMatching(/^(?:[!-~](?:[ -~]{0,20}[!-~])?)?$/),
    ),
    { maxLength: 20 },
  );
  const body = fc.string({ unit: 'grapheme-ascii', maxLength: 50 });
  const write = (framing: Framing, text: string): string =>
    framing === 'chunked'
      ? text === ''
        ? lastChunk
        : chunkPrefix(text.length) + text + chunkSuffix + lastChunk
      : text;

  it('is the same request', () => {
    const framing = fc.constantFrom('none' as const, 'length' as const, 'chunked' as const);
    const method = fc.constantFrom('GET', 'POST', 'PROPFIND', 'x-own');
    fc.assert(
      fc.property(
        method,
        fc.stringMatching(/^\/[a-z?=]{0,20}$/),
        fields,
        framing,
        body,
        (verb, target, pairs, frame, text) => {
          const content = frame === 'none' ? '' : text;
          const list = HeaderList.of([['host', 'a'], ...pairs]);
          const wire =
            serializeRequestHead(verb, target, list, frame, content.length) + write(frame, content);
          const parser = new RequestParser();
          const { messages, fault } = collectRequests(parser, [Buffer.from(wire, 'latin1')]);
          expect(fault).toBeUndefined();
          expect(messages).toHaveLength(1);
          expect(messages[0]).toMatchObject({
            start: `${verb} ${target} 1.1 a `,
            framing: frame,
            body: content,
            ended: true,
          });
          expect(
            messages[0]?.fields.filter(
              ([name]) => !/^(?:content-length|transfer-encoding)$/.test(name),
            ),
          ).toEqual(list.entries());
          // Written again from what was parsed, it is the same to the byte.
          expect(
            serializeRequestHead(
              parser.method,
              parser.target,
              parser.headers,
              parser.framing,
              parser.contentLength,
            ) + write(frame, content),
          ).toBe(wire);
        },
      ),
      { numRuns: 500, seed: 6 },
    );
  });

  it('is the same response', () => {
    const framing = fc.constantFrom('length' as const, 'chunked' as const, 'close' as const);
    fc.assert(
      fc.property(
        fc.constantFrom(200, 201, 404, 503),
        fields,
        framing,
        body,
        (status, pairs, frame, text) => {
          const list = HeaderList.of(pairs);
          const wire =
            serializeResponseHead(status, undefined, list, frame, text.length) + write(frame, text);
          const request = { method: 'GET', upgradeAsked: false };
          const { messages, fault } = collectResponses(
            new ResponseParser(),
            [Buffer.from(wire, 'latin1')],
            [request],
            frame === 'close',
          );
          expect(fault).toBeUndefined();
          expect(messages).toHaveLength(1);
          expect(messages[0]).toMatchObject({
            start: `1.1 ${status} ${statusText[status]}`,
            framing: frame,
            body: text,
            ended: true,
          });
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });

  it('reads our own 100 Continue as an interim response', () => {
    const parser = new ResponseParser();
    parser.begin('POST', false);
    parser.consume(Buffer.from(continueHead), 0);
    expect([parser.state, parser.status]).toEqual(['interim', 100]);
  });
});

it('knows registered methods, in capitals only', () => {
  expect(['GET', 'TRACE', 'CONNECT', 'PROPFIND', 'QUERY'].every(isKnownMethod)).toBe(true);
  expect(['get', 'PRI', 'FOO', '', 'toString'].some(isKnownMethod)).toBe(false);
});
