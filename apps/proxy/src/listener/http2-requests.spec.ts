import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { constants } from 'node:http2';
import type { Downstream } from '../exchange/downstream.ts';
import { Http2Fixture, ok, readAnswer } from './testing/http2-fixture.ts';
import { RawClient } from './testing/raw-client.ts';
import { echo, eventually, ScriptedContent } from './testing/running-listener.ts';

const fixture = new Http2Fixture();
afterEach(() => fixture.stop());

describe('HTTP/2 with prior knowledge', () => {
  it('carries concurrent exchanges on one connection', async () => {
    const held: (() => void)[] = [];
    await fixture.serve((downstream) => {
      if (downstream.path === '/first') held.push(() => ok(downstream));
      else ok(downstream);
    });
    const first = fixture.get('/first');
    expect(await fixture.get('/second')).toMatchObject({
      status: 200,
      body: '/second',
      fields: [':status', '200', 'date', 'D', 'content-length', '7'],
    });
    held[0]?.();
    expect((await first).body).toBe('/first');
    expect(fixture.running.listener.connectionCount).toBe(1);
  });

  it('offers the same request as HTTP/1.1', async () => {
    let seen: Partial<Downstream> | undefined;
    await fixture.serve((downstream) => {
      const { protocol, encrypted, method, path, query, host, authority, wantsUpgrade } =
        downstream;
      seen = { protocol, encrypted, method, path, query, host, authority, wantsUpgrade };
      downstream.respond(200, new HeaderList(), downstream.headers.get('cookie'));
    });
    const answer = await fixture.get('/a/../b//c?d=%20', {
      ':authority': 'A.Test:8080',
      cookie: ['a=b', 'c=d'],
    });
    expect(seen).toEqual({
      protocol: '2',
      encrypted: false,
      method: 'GET',
      path: '/b/c',
      query: 'd=%20',
      host: 'a.test',
      authority: 'a.test:8080',
      wantsUpgrade: false,
    });
    expect(answer.body).toBe('a=b; c=d');
  });

  it('is recognized for every division of its preface into reads', async () => {
    await fixture.serve(ok);
    const client = await RawClient.connect(fixture.running.port);
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      client.send(byte);
      await new Promise(setImmediate);
    }
    client.send(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    await eventually(() => client.received.length >= 9);
    expect(client.received[3]).toBe(4);
    client.close();
  });

  it('is not mistaken for HTTP/1.1, nor the other way round', async () => {
    await fixture.serve(echo);
    const client = await RawClient.connect(fixture.running.port);
    client.send('P').send('OST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi');
    expect((await client.readResponse()).body).toBe('POST a.test/ hi');
    client.close();
    const other = await RawClient.connect(fixture.running.port);
    other.send('PRI * HTTP/2.0\r\n\r\nNO\r\n\r\n');
    expect((await other.readResponse()).status).toBe(505);
    other.close();
  });

  it.each<[string, Record<string, string | string[]>, number]>([
    ['TRACE', { ':method': 'TRACE' }, 405],
    ['an unknown method', { ':method': 'BREW' }, 501],
    ['an authority with a bad port', { ':authority': 'a.test:99999' }, 400],
    ['a Host that disagrees', { host: 'b.test' }, 400],
    ['a way up beside %2F in the path', { ':path': '/..%2Fb' }, 400],
    ['a bad percent escape', { ':path': '/a%zz' }, 400],
    ['a fragment', { ':path': '/a#b' }, 400],
    ['an alias of a protected name', { x_forwarded_for: '1.2.3.4' }, 400],
    ['another expectation', { expect: '200-ok' }, 417],
    [
      'more than 100 fields',
      Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, 'y'])),
      431,
    ],
    ['a target above 8 KiB', { ':path': `/${'a'.repeat(8_200)}` }, 414],
  ])('refuses %s, and serves the next request', async (_, fields, status) => {
    await fixture.serve(ok);
    expect((await fixture.request({ ':path': '/', ...fields })).status).toBe(status);
    expect(fixture.running.refusals[0]?.status).toBe(status);
    expect((await fixture.get('/next')).body).toBe('/next');
  });

  it.each<[string, Record<string, string>]>([
    ['an empty authority', { ':authority': '' }],
    ['an authority with userinfo', { ':authority': 'u@a.test' }],
    ['a target that is no path', { ':path': 'http://b.test/' }],
    ['an empty target', { ':path': '' }],
  ])('resets the stream for %s, and serves the next request', async (_, fields) => {
    let handled = 0;
    await fixture.serve((downstream) => (handled++, ok(downstream)));
    const broken = await fixture.request({ ':path': '/', ...fields }).catch(() => ({
      rstCode: constants.NGHTTP2_PROTOCOL_ERROR,
    }));
    expect([broken.rstCode, handled]).toEqual([constants.NGHTTP2_PROTOCOL_ERROR, 0]);
    expect((await fixture.get('/next')).body).toBe('/next');
  });

  it('accepts a Host that agrees', async () => {
    await fixture.serve(ok);
    expect((await fixture.get('/x', { host: 'a.test' })).status).toBe(200);
  });

  it('answers OPTIONS * by itself', async () => {
    await fixture.serve(ok);
    expect(await fixture.request({ ':method': 'OPTIONS', ':path': '*' })).toMatchObject({
      status: 204,
      fields: expect.arrayContaining(['allow']),
    });
  });
});

describe('content over HTTP/2', () => {
  it('arrives with and without a length', async () => {
    const lengths: number[] = [];
    await fixture.serve((downstream) => {
      lengths.push(downstream.content.length);
      echo(downstream);
    });
    expect(
      (await fixture.request({ ':method': 'POST', ':path': '/', 'content-length': '5' }, 'hello'))
        .body,
    ).toBe('POST a.test/ hello');
    expect((await fixture.request({ ':method': 'POST', ':path': '/' }, 'hello')).body).toBe(
      'POST a.test/ hello',
    );
    expect((await fixture.get('/')).body).toBe('GET a.test/ ');
    expect(lengths).toEqual([5, -1, 0]);
  });

  it('is awaited with 100 only when it is wanted', async () => {
    await fixture.serve((downstream) =>
      downstream.path === '/no' ? downstream.respond(401, new HeaderList(), '') : echo(downstream),
    );
    const expecting = { ':method': 'POST', expect: '100-continue' };
    const stream = fixture.session.request({ ':authority': 'a.test', ':path': '/', ...expecting });
    const answer = readAnswer(stream);
    stream.on('continue', () => stream.end('hello'));
    expect((await answer).body).toBe('POST a.test/ hello');
    expect((await fixture.request({ ':path': '/no', ...expecting }, 'hello')).status).toBe(401);
  });

  it('above the limit is refused with 413, announced or not', async () => {
    await fixture.serve((downstream) => {
      downstream.maxBodyBytes = 10;
      echo(downstream);
    });
    expect(
      await fixture.request(
        { ':method': 'POST', ':path': '/', 'content-length': '11' },
        'x'.repeat(11),
      ),
    ).toMatchObject({ status: 413, rstCode: 0 });
    expect(
      await fixture.request({ ':method': 'POST', ':path': '/' }, 'x'.repeat(100_000)),
    ).toMatchObject({
      status: 413,
      rstCode: 0,
    });
  });

  it('is subject to backpressure on either side', async () => {
    const content = new ScriptedContent(-1);
    let taken = 0;
    let source: Downstream['content'] | undefined;
    await fixture.serve((downstream) => {
      downstream.stream(200, new HeaderList(), content, () => undefined);
      source = downstream.content;
      source.start({
        data: (chunk) => ((taken += chunk.length), false),
        end: () => content.end(),
        fail: () => content.end(),
      });
    });
    const stream = fixture.session.request({
      ':authority': 'a.test',
      ':path': '/',
      ':method': 'POST',
    });
    stream.on('error', () => undefined);
    stream.pause();
    stream.write(Buffer.alloc(1_000_000));
    await eventually(() => taken > 0 && content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(50_000)) && given < 400) given++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([taken < 150_000, given < 20, content.resumed]).toEqual([true, true, 0]);
    const pump = setInterval(() => source?.resume(), 1);
    stream.end();
    stream.resume();
    await eventually(() => taken === 1_000_000 && content.resumed > 0 && stream.readableEnded);
    clearInterval(pump);
  });

  it('below the minimum rate is refused with 408', async () => {
    await fixture.serve(echo, { bodyIdleMs: 60 });
    const stream = fixture.session.request({
      ':authority': 'a.test',
      ':path': '/',
      ':method': 'POST',
    });
    const answer = readAnswer(stream);
    stream.write('he');
    expect((await answer).status).toBe(408);
  });
});
