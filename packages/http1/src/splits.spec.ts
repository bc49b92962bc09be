import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { collectRequests, collectResponses, cut } from '../testing/collect.ts';
import { FieldScanner } from './field-scanner.ts';
import { RequestParser, ResponseParser } from './index.ts';

const lineEnd = fc.constantFrom(
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
);
const fieldLine = fc.oneof(
  fc.constantFrom(
    'Host: a',
    'Host: b:80',
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'x_y: z',
    ' fold',
    'X',
  ),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/), fc.stringMatching(/^[\t -~]{0,30}$/))
    .map(([name, value]) => `${name}: ${value}`),
);
const requestStart = fc.constantFrom(
  'GET / HTTP/1.1',
  'POST /a?b HTTP/1.1',
  'OPTIONS * HTTP/1.0',
  'GET http://a/ HTTP/1.1',
  'GET / HTTP/3.0',
  '',
);
const statusLine = fc.constantFrom(
  'HTTP/1.1 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 103 Early Hints',
  'HTTP/1.0 404',
  'HTTP/1.1 99 X',
);
const body = fc.constantFrom(
  '',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  '2;a=b\r\nab\r\n0\r\nX-T: 1\r\n\r\n',
  '3\r\nabcd\r\n',
  '\0',
  'x'.repeat(100),
);

function message(start: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(start, fc.array(fieldLine, { maxLength: 6 }), lineEnd, body)
    .map(
      ([first, fields, end, content]) =>
        [first, 'Host: a', ...fields, '', ''].join('\r\n').replace('\r\n', end) + content,
    );
}

const positions = fc.array(fc.nat(600), { maxLength: 40 });

describe('reads of any size', () => {
  it('give the same requests and the same fault', () => {
    fc.assert(
      fc.property(
        fc.array(message(requestStart), { minLength: 1, maxLength: 3 }),
        positions,
        (messages, at) => {
          const bytes = Buffer.from(messages.join(''), 'latin1');
          const whole = collectRequests(new RequestParser(), [bytes]);
          expect(collectRequests(new RequestParser(), cut(bytes, at))).toEqual(whole);
          expect(collectRequests(new RequestParser(), cut(bytes, [...bytes.keys()]))).toEqual(
            whole,
          );
        },
      ),
      { numRuns: 600, seed: 1 },
    );
  });

  it('give the same responses and the same fault', () => {
    const expected = ['GET', 'HEAD', 'GET'].map((method) => ({ method, upgradeAsked: false }));
    fc.assert(
      fc.property(
        fc.array(message(statusLine), { minLength: 1, maxLength: 3 }),
        positions,
        (messages, at) => {
          const bytes = Buffer.from(messages.join(''), 'latin1');
          const whole = collectResponses(new ResponseParser(), [bytes], expected, true);
          expect(collectResponses(new ResponseParser(), cut(bytes, at), expected, true)).toEqual(
            whole,
          );
          expect(
            collectResponses(new ResponseParser(), cut(bytes, [...bytes.keys()]), expected, true),
          ).toEqual(whole);
        },
      ),
      { numRuns: 600, seed: 2 },
    );
  });

  it('do not make a line that drips in be scanned again and again', () => {
    const scan = jest.spyOn(FieldScanner.prototype, 'scan');
    const drip = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(15_000)}\r\n\r\n`);
    const parser = new RequestParser();
    for (let at = 0; at < drip.length; at++) parser.consume(drip.subarray(at, at + 1), 0);
    expect(parser.state).toBe('head');
    // Once for each line that was completed: the request line, two fields, the empty line.
    expect(scan).toHaveBeenCalledTimes(4);
    scan.mockRestore();
  });
});

describe('one parser for thousands of messages', () => {
  it('carries nothing over from message to message', () => {
    const parser = new RequestParser();
    for (let index = 0; index < 5000; index++) {
      const shape = index % 4;
      const fields = Array.from({ length: index % 37 }, (_, at) => `X-${at}: ${index}`);
      const lines =
        shape === 0
          ? [`GET /${index} HTTP/1.1`, 'Host: a', ...fields, '', '']
          : shape === 1
            ? [
                `POST /${index} HTTP/1.1`,
                `Host: h${index}`,
                'Expect: 100-continue',
                ...fields,
                'Content-Length: 4',
                '',
                'body',
              ]
            : shape === 2
              ? [
                  `PUT /${index} HTTP/1.1`,
                  'Host: a:81',
                  ...fields,
                  'Transfer-Encoding: chunked',
                  '',
                  '4',
                  'body',
                  '0',
                  'X-T: 1',
                  '',
                  '',
                ]
              : [
                  `GET /${index} HTTP/1.0`,
                  'Connection: keep-alive',
                  'Host: a',
                  'x_y: z',
                  ...fields,
                  '',
                  '',
                ];
      const text = lines.join('\r\n');
      const { messages, fault } = collectRequests(
        parser,
        cut(Buffer.from(text), [index % text.length, (index * 7) % text.length]),
      );
      expect(fault).toBeUndefined();
      expect(messages).toHaveLength(1);
      expect(messages[0]?.start).toContain(`/${index} `);
      expect(messages[0]?.fields).toHaveLength(fields.length + [1, 3, 2, 2][shape]!);
      expect(messages[0]?.body).toBe(shape === 1 || shape === 2 ? 'body' : '');
      expect(messages[0]?.trailers).toHaveLength(shape === 2 ? 1 : 0);
      expect(parser.expectContinue).toBe(shape === 1);
      expect(parser.droppedFields).toBe(shape === 3 ? 1 : 0);
      expect(parser.port).toBe(shape === 2 ? 81 : undefined);
    }
  });
});
