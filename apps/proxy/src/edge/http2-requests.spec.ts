import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../listener/testing/running-listener.ts';
import { maxBodyBytes } from './testing/edge-proxy.ts';
import { Http2EdgeFixture } from './testing/http2-edge-fixture.ts';
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  frameTypes,
  request,
} from './testing/http2-frames.ts';

/** HTTP/2 frames that no client library would send. */
describe('HTTP/2 in raw frames', () => {
  const fixture = new Http2EdgeFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  it('a request is forwarded byte by byte like one of HTTP/1.1', async () => {
    const fields = [
      [':method', 'POST'],
      ['x-a', 'b'],
      ['cookie', 'a=b'],
      ['cookie', 'c=d'],
      ['x-consumer-id', 'root'],
      ['te', 'trailers'],
      ['content-length', '5'],
    ] as const;
    fixture.client
      .send(request(1, '/a/../p?x=1', fields, END_HEADERS))
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.from('hello')));
    await eventually(() => fixture.contentOf(1) === 'POST /p?x=1');
    const [text = ''] = fixture.edge.origin.received.requests;
    const ours = `X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.test\r\nX-Forwarded-Port: ${fixture.edge.proxy.port}\r\nVia: 2 sluice\r\nX-Request-Id: <id>\r\n`;
    expect(text.replace(/X-Request-Id: .+\r/, 'X-Request-Id: <id>\r')).toBe(
      `POST /p?x=1 HTTP/1.1\r\nHost: a.test\r\nx-a: b\r\nCookie: a=b; c=d\r\n${ours}Content-Length: 5\r\n\r\nhello`,
    );
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked()).toEqual(['POST /p?x=1', 'GET /next', 'GET /other']);
  });

  it.each([
    ['a.test:', undefined],
    ['A.Test', 'a.test:'],
    ['a.test', 'A.test.'],
  ])('the authority %j, with the Host %j, is a.test', async (authority, host) => {
    const fields = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', authority],
      [':path', '/p'],
      ...(host === undefined ? [] : [['host', host] as const]),
    ] as const;
    fixture.client.send(frame(frameTypes.headers, END_HEADERS | END_STREAM, 1, fieldBlock(fields)));
    await eventually(() => fixture.contentOf(1) === 'GET /p');
    expect(fixture.edge.origin.received.requests[0]).toMatch(
      /^GET \/p HTTP\/1\.1\r\nHost: a\.test\r\n[^]*\r\nX-Forwarded-Host: a\.test\r\n/,
    );
    await fixture.nextIsItsOwn(3);
  });

  it.each([
    ['5', 'Max-Forwards: 4'],
    ['0', undefined],
    ['x', undefined],
  ])('Max-Forwards of OPTIONS is counted down here as well: %s', async (value, forwarded) => {
    fixture.client.send(
      request(1, '/p', [
        [':method', 'OPTIONS'],
        ['max-forwards', value],
      ]),
    );
    await eventually(() =>
      fixture.frames().some(({ type, streamId }) => type === frameTypes.headers && streamId === 1),
    );
    await fixture.nextIsItsOwn(3);
    const asksFor = fixture.edge.origin.received.requests.filter((text) =>
      text.startsWith('OPTIONS'),
    );
    expect(asksFor.map((text) => /Max-Forwards: .*(?=\r)/.exec(text)?.[0])).toEqual(
      forwarded === undefined ? [] : [forwarded],
    );
    const line = await fixture.edge.proxy.line(0);
    expect(line['status']).toBe(value === '5' ? 200 : value === '0' ? 204 : 400);
  });

  it.each<[string, number, readonly (readonly [string, string])[]]>([
    ['a method that is not served', 405, [[':method', 'TRACE']]],
    ['an unknown method', 501, [[':method', 'BREW']]],
    [
      'two Authorization fields',
      400,
      [
        ['authorization', 'a'],
        ['authorization', 'b'],
      ],
    ],
  ])('%s is refused and logged', async (_, status, fields) => {
    fixture.client.send(request(1, '/p', fields));
    await eventually(() => fixture.contentOf(1) !== '');
    expect(JSON.parse(fixture.contentOf(1))).toMatchObject({ status });
    expect(await fixture.edge.proxy.line(0)).toMatchObject({ status, protocol: 'HTTP/2' });
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked()).toEqual(['GET /next', 'GET /other']);
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['capitals in a name', [['X-A', 'a']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['Connection', [['connection', 'close']]],
    ['Upgrade', [['upgrade', 'h2c']]],
    ['TE other than trailers', [['te', 'chunked']]],
    ['a second path', [[':path', '/other']]],
    [
      'a pseudo-field behind a field',
      [
        ['x', 'a'],
        [':authority', 'b.test'],
      ],
    ],
    ['an unknown pseudo-field', [[':x', 'a']]],
    ['a Host that disagrees', [['host', 'b.test']]],
    [
      'two lengths',
      [
        ['content-length', '0'],
        ['content-length', '5'],
      ],
    ],
    ['a length without content', [['content-length', '5']]],
    ['a length with a sign', [['content-length', '+0']]],
    ['an alias of a protected name', [['x_consumer_id', 'root']]],
    [
      'two Authorization fields',
      [
        ['authorization', 'a'],
        ['authorization', 'b'],
      ],
    ],
    ['a line break in the method', [[':method', 'GET / HTTP/1.1\r\nX: y']]],
    ['a space in the method', [[':method', 'GET /x']]],
    ['a space before a value', [['x', ' a']]],
    ['a tab behind a value', [['x', 'a\t']]],
    ['a value of nothing but a space', [['authorization', ' ']]],
  ])('%s reaches no upstream', async (_, fields) => {
    fixture.client.send(request(1, '/p', fields));
    await eventually(
      () =>
        fixture.frames().some(({ streamId }) => streamId === 1) ||
        fixture.goaway() !== undefined ||
        fixture.isOver(),
    );
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    expect(fixture.edge.origin.received.abandoned).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a line break in a value', 'x', 'a\r\nx-consumer-id: root'],
    ['LF in a value', 'x', 'a\nb'],
    ['NUL in a value', 'x', 'a\0b'],
    ['a line break in a name', 'x\r\ny', 'a'],
    ['a colon in a name', 'x: y', 'a'],
    ['a space in a name', 'x y', 'a'],
    ['an empty name', '', 'a'],
  ])('a field with %s is removed before it is read', async (_, name, value) => {
    fixture.client.send(
      request(1, '/p', [
        ['a', 'b'],
        [name, value],
        ['c', 'd'],
      ]),
    );
    await eventually(() => fixture.contentOf(1) === 'GET /p');
    const [head = ''] = fixture.edge.origin.received.requests;
    expect(
      head
        .match(/^(?!GET|Host|X-Forwarded-|Via|X-Request-Id).*$/gim)
        ?.filter((line) => line.trim() !== ''),
    ).toEqual(['a: b', 'c: d']);
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked()).toEqual(['GET /p', 'GET /next', 'GET /other']);
  });

  it.each(['/p HTTP/1.1\r\nX: y', '/a b', 'http://b.test/p', 'p', '', '/a%2Fb', '/a#b', '/\xe9'])(
    'the path %j reaches no upstream',
    async (path) => {
      fixture.client.send(request(1, path));
      await eventually(
        () =>
          fixture.frames().some(({ streamId }) => streamId === 1) ||
          fixture.goaway() !== undefined ||
          fixture.isOver(),
      );
      await fixture.nextIsItsOwn(3);
      expect(fixture.asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    },
  );

  it.each([
    ['more', 'hello!'],
    ['less', 'hell'],
  ])('content that is %s than its length is aborted', async (_, content) => {
    fixture.client
      .send(
        request(
          1,
          '/p',
          [
            [':method', 'POST'],
            ['content-length', '5'],
          ],
          END_HEADERS,
        ),
      )
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.from(content)));
    await eventually(
      () => fixture.resetOf(1) !== undefined || fixture.goaway() !== undefined || fixture.isOver(),
    );
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked().filter((line) => line !== 'GET /next')).toEqual(['GET /other']);
    for (const text of fixture.edge.origin.received.abandoned)
      expect(text).toMatch(/\r\n\r\nhell$|\r\n\r\n$/);
  });

  it('content above the limit is refused, and the upstream never receives its end', async () => {
    fixture.client
      .send(request(1, '/p', [[':method', 'POST']], END_HEADERS))
      .send(frame(frameTypes.data, END_STREAM, 1, Buffer.alloc(maxBodyBytes + 1, 'x')));
    await eventually(() => fixture.contentOf(1).includes('content_too_large'));
    await fixture.nextIsItsOwn(3);
    expect(fixture.asked()).toEqual(['GET /next', 'GET /other']);
  });
});
