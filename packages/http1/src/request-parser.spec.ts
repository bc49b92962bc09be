import { describe, expect, it } from '@jest/globals';
import { collectRequests } from '../testing/collect.ts';
import { bytes, head, parseRequest } from '../testing/request-heads.ts';
import { http1Faults, RequestParser } from './index.ts';

describe('a request head that is accepted', () => {
  it('gives method, target, version, host, fields and sizes', () => {
    const text = head(
      'GET /a?b=c HTTP/1.1',
      'Host: Api.Example.com:8080',
      'Accept:  text/html \t',
      'X-Empty:',
      'accept: b',
    );
    const parser = parseRequest(text);
    expect(parser.state).toBe('head');
    expect(parser.method).toBe('GET');
    expect(parser.target).toBe('/a?b=c');
    expect(parser.targetForm).toBe('origin');
    expect(parser.versionMinor).toBe(1);
    expect(parser.host).toBe('api.example.com');
    expect(parser.port).toBe(8080);
    expect(parser.headBytes).toBe(text.length);
    expect(parser.headers.entries()).toEqual([
      ['host', 'Api.Example.com:8080'],
      ['accept', 'text/html'],
      ['x-empty', ''],
      ['accept', 'b'],
    ]);
  });

  it.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'get',
    'GETS',
    "!#$%&'*+-.^_`|~09",
  ])('takes the method %s as it is', (method) => {
    expect(parseRequest(head(`${method} / HTTP/1.1`, 'Host: a')).method).toBe(method);
  });

  it.each([
    ['GET', '/', 'origin'],
    ['GET', '//a//b', 'origin'],
    ['GET', '/a?b?c=/d|{}^`"<>\\', 'origin'],
    ['GET', 'http://a/b', 'absolute'],
    ['GET', 'HTTPS://A:443?q', 'absolute'],
    ['GET', 'http://a', 'absolute'],
    ['OPTIONS', '*', 'asterisk'],
    ['CONNECT', 'example.com:443', 'authority'],
  ])('%s %s has the form %s', (method, target, form) => {
    const parser = parseRequest(head(`${method} ${target} HTTP/1.1`, 'Host: a'));
    expect(parser.fault).toBeUndefined();
    expect(parser.targetForm).toBe(form);
    expect(parser.target).toBe(target);
  });

  it('keeps obs-text and tabs in values, one character per byte', () => {
    expect(
      parseRequest(head('GET / HTTP/1.1', 'Host: a', 'X-Name: caf\xe9\tau\x80lait')).headers.get(
        'x-name',
      ),
    ).toBe('caf\xe9\tau\x80lait');
  });

  it('skips one empty line before the request line', () => {
    const parser = new RequestParser();
    const conversation = collectRequests(parser, [
      bytes(`\r\n${head('GET / HTTP/1.1', 'Host: a')}\r\n${head('GET /2 HTTP/1.1', 'Host: a')}`),
    ]);
    expect(conversation.fault).toBeUndefined();
    expect(conversation.messages.map((message) => message.start)).toEqual([
      'GET / 1.1 a ',
      'GET /2 1.1 a ',
    ]);
  });

  it.each<[string, string[], boolean]>([
    ['HTTP/1.1', [], true],
    ['HTTP/1.1', ['Connection: close'], false],
    ['HTTP/1.1', ['Connection: Close'], false],
    ['HTTP/1.1', ['Connection: keep-alive'], true],
    ['HTTP/1.1', ['Connection: keep-alive, close'], false],
    ['HTTP/1.1', ['Connection: x , ,CLOSE'], false],
    ['HTTP/1.1', ['Connection: keep-alive', 'Connection: close'], false],
    ['HTTP/1.1', ['Connection: closed'], true],
    ['HTTP/1.1', ['Proxy-Connection: close'], false],
    ['HTTP/1.1', ['Connection: keep-alive', 'Proxy-Connection: x, Close'], false],
    ['HTTP/1.0', ['Proxy-Connection: keep-alive'], false],
    ['HTTP/1.0', [], false],
    ['HTTP/1.0', ['Connection: Keep-Alive'], true],
    ['HTTP/1.0', ['Connection: keep-alive, close'], false],
  ])('%s with %j persists: %s', (version, fields, keepAlive) => {
    expect(parseRequest(head(`GET / ${version}`, 'Host: a', ...fields)).keepAlive).toBe(keepAlive);
  });

  it.each<[string[], 'none' | 'length' | 'chunked', number]>([
    [[], 'none', 0],
    [['Content-Length: 0'], 'length', 0],
    [['Content-Length: 12'], 'length', 12],
    [['Content-Length:   12  '], 'length', 12],
    [['Transfer-Encoding:  chunked '], 'chunked', 0],
    [['Content-Length: 9007199254740991'], 'length', Number.MAX_SAFE_INTEGER],
    [['Transfer-Encoding: chunked'], 'chunked', 0],
    [['transfer-encoding: CHUNKED'], 'chunked', 0],
  ])('%j is framed as %s of %d bytes', (fields, framing, contentLength) => {
    const parser = parseRequest(head('POST / HTTP/1.1', 'Host: a', ...fields));
    expect(parser.fault).toBeUndefined();
    expect([parser.framing, parser.contentLength]).toEqual([framing, contentLength]);
  });

  it.each<[string, string[], boolean]>([
    ['1.1', ['Expect: 100-continue', 'Content-Length: 1'], true],
    ['1.1', ['Expect: 100-Continue', 'Transfer-Encoding: chunked'], true],
    ['1.1', ['Expect: 100-continue'], false],
    ['1.1', ['Expect: 100-continue', 'Content-Length: 0'], false],
    ['1.0', ['Expect: 100-continue', 'Content-Length: 1'], false],
    ['1.1', ['Content-Length: 1'], false],
  ])('HTTP/%s with %j waits for 100: %s', (version, fields, waits) => {
    expect(parseRequest(head(`POST / HTTP/${version}`, 'Host: a', ...fields)).expectContinue).toBe(
      waits,
    );
  });

  it.each<[string, string[], 'websocket' | undefined]>([
    ['GET / HTTP/1.1', ['Connection: Upgrade', 'Upgrade: websocket'], 'websocket'],
    ['GET / HTTP/1.1', ['Connection: keep-alive, upgrade', 'Upgrade: WebSocket'], 'websocket'],
    ['GET / HTTP/1.1', ['Upgrade: websocket'], undefined],
    ['GET / HTTP/1.1', ['Connection: upgrade'], undefined],
    [
      'GET / HTTP/1.1',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'],
      undefined,
    ],
    ['GET / HTTP/1.1', ['Connection: upgrade', 'Upgrade: h2c, websocket'], undefined],
    [
      'GET / HTTP/1.1',
      ['Connection: upgrade', 'Upgrade: websocket', 'Upgrade: websocket'],
      undefined,
    ],
    [
      'GET / HTTP/1.1',
      ['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 3'],
      undefined,
    ],
    ['POST / HTTP/1.1', ['Connection: upgrade', 'Upgrade: websocket'], undefined],
    ['GET / HTTP/1.0', ['Connection: upgrade', 'Upgrade: websocket'], undefined],
  ])('%s with %j asks for the upgrade %s', (line, fields, upgrade) => {
    const parser = parseRequest(head(line, 'Host: a', ...fields));
    expect(parser.fault).toBeUndefined();
    expect(parser.upgrade).toBe(upgrade);
  });

  it('drops names with "_" and counts them, and keeps names with "."', () => {
    const parser = parseRequest(
      head('GET / HTTP/1.1', 'Host: a', 'X_Team: red', 'X.Team: blue', 'my_id: 1', 'Accept: b'),
    );
    expect(parser.headers.entries()).toEqual([
      ['host', 'a'],
      ['x.team', 'blue'],
      ['accept', 'b'],
    ]);
    expect(parser.droppedFields).toBe(2);
    expect(parser.headers.serialize()).toBe('Host: a\r\nX.Team: blue\r\nAccept: b\r\n');
  });
});

describe('the sequence of events', () => {
  it('ends a request without a body without further bytes', () => {
    const parser = new RequestParser();
    const text = bytes(head('GET / HTTP/1.1', 'Host: a'));
    const at = parser.consume(text, 0);
    expect([parser.state, at]).toEqual(['head', text.length]);
    expect(parser.consume(text, at)).toBe(at);
    expect(parser.state).toBe('end');
    expect(parser.consume(text, at)).toBe(at);
    expect(parser.state).toBe('needMore');
  });

  it('leaves pipelined requests where they are until it is asked', () => {
    const parser = new RequestParser();
    const first = head('POST /1 HTTP/1.1', 'Host: a', 'Content-Length: 3');
    const text = bytes(`${first}abc${head('GET /2 HTTP/1.1', 'Host: a')}`);
    let at = parser.consume(text, 0);
    at = parser.consume(text, at);
    expect([parser.state, parser.body?.toString()]).toEqual(['bodyChunk', 'abc']);
    at = parser.consume(text, at);
    expect([parser.state, at, parser.target]).toEqual(['end', first.length + 3, '/1']);
    expect(parser.body).toBeUndefined();
    parser.consume(text, at);
    expect([parser.state, parser.target, parser.framing]).toEqual(['head', '/2', 'none']);
  });

  it('forgets body and trailers with the next head', () => {
    const parser = new RequestParser();
    const chunked = `${head('POST /1 HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}1\r\nx\r\n0\r\nX-T: 1\r\n\r\n`;
    collectRequests(parser, [bytes(chunked)]);
    expect(parser.trailers?.entries()).toEqual([['x-t', '1']]);
    parser.consume(bytes(head('POST /2 HTTP/1.1', 'Host: a', 'Content-Length: 1')), 0);
    expect([parser.state, parser.body, parser.trailers]).toEqual(['head', undefined, undefined]);
  });

  it('leaves the bytes after an upgrade request for the tunnel', () => {
    const upgrade = head('GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket');
    const conversation = collectRequests(
      new RequestParser(),
      [bytes(`${upgrade}\x81\x05hello`)],
      true,
    );
    expect(conversation.rest).toBe('\x81\x05hello');
    expect(conversation.messages[0]?.ended).toBe(true);
  });

  it('throws bytes after the last message of a connection away', () => {
    const parser = new RequestParser();
    const last = head('GET /1 HTTP/1.1', 'Host: a', 'Connection: close');
    const conversation = collectRequests(parser, [
      bytes(`${last}${head('GET /2 HTTP/1.1', 'Host: a')}`),
      bytes('\0'),
    ]);
    expect(conversation.fault).toBeUndefined();
    expect(conversation.messages).toHaveLength(1);
    expect(parser.idle).toBe(true);
  });

  it('knows whether a request is under way', () => {
    const parser = new RequestParser();
    expect(parser.idle).toBe(true);
    parser.consume(bytes('G'), 0);
    expect(parser.idle).toBe(false);
    parser.eof();
    expect(parser.fault).toBe(http1Faults.truncated_request);
  });

  it('takes an empty line after the last request for nothing', () => {
    const parser = new RequestParser();
    collectRequests(parser, [
      bytes(`${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 3')}abc\r\n`),
    ]);
    expect(parser.idle).toBe(true);
    parser.eof();
    expect(parser.state).toBe('needMore');
  });

  it('does not report a fault under the name of the request before', () => {
    const parser = new RequestParser();
    collectRequests(parser, [
      bytes(`${head('GET /first HTTP/1.1', 'Host: a')}${head('GET /second HTTP/1.1', 'Host : a')}`),
    ]);
    expect([parser.fault?.code, parser.method, parser.target, parser.host]).toEqual([
      'space_before_colon',
      '',
      '',
      '',
    ]);
  });

  it('takes the end of the connection between requests as good, and in a body as a fault', () => {
    const parser = new RequestParser();
    parser.eof();
    expect(parser.state).toBe('needMore');
    collectRequests(parser, [
      bytes(`${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 3')}ab`),
    ]);
    parser.eof();
    expect(parser.fault?.code).toBe('truncated_request');
  });
});
