import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { constants } from 'node:http2';
import type { Downstream } from '../exchange/downstream.ts';
import { Http2Fixture } from './testing/http2-fixture.ts';
import { eventually, ScriptedContent } from './testing/running-listener.ts';

const fixture = new Http2Fixture();
afterEach(() => fixture.stop());

describe('responses over HTTP/2', () => {
  it('have no content for HEAD, 204 and 304', async () => {
    await fixture.serve((downstream) =>
      downstream.respond(
        Number(downstream.path.slice(1)),
        HeaderList.of({ Date: 'D' }),
        downstream.method === 'HEAD' ? 'hello' : undefined,
      ),
    );
    expect(await fixture.request({ ':method': 'HEAD', ':path': '/200' })).toMatchObject({
      status: 200,
      body: '',
      fields: [':status', '200', 'date', 'D', 'content-length', '5'],
    });
    expect((await fixture.get('/204')).fields).toEqual([':status', '204', 'date', 'D']);
    expect((await fixture.get('/304')).fields).toEqual([':status', '304', 'date', 'D']);
    const notModified = { ':method': 'HEAD', ':path': '/304' };
    expect((await fixture.request(notModified)).fields).toEqual([':status', '304', 'date', 'D']);
  });

  it('lose fields that HTTP/2 forbids, and keep repeated fields', async () => {
    const fields: [string, string][] = [
      ['Connection', 'close'],
      ['Keep-Alive', 'x'],
      ['Transfer-Encoding', 'chunked'],
      ['Date', 'D'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
      ['Content-Type', 'c'],
      ['Content-Type', 'd'],
    ];
    await fixture.serve((downstream) => downstream.respond(200, HeaderList.of(fields), ''));
    expect((await fixture.get('/')).fields).toEqual([
      ':status',
      '200',
      'date',
      'D',
      'set-cookie',
      'a',
      'set-cookie',
      'b',
      'content-type',
      'c',
      'content-type',
      'd',
      'content-length',
      '0',
    ]);
  });

  it('stream, with interim ones before', async () => {
    await fixture.serve((downstream) => {
      downstream.sendInterim(103, HeaderList.of({ Link: '</a>' }));
      const content = new ScriptedContent(
        -1,
        (source) => (source.give('he'), source.give('llo'), source.end()),
      );
      downstream.stream(200, new HeaderList(), content, () => undefined);
    });
    expect(await fixture.get('/')).toMatchObject({ status: 200, body: 'hello', interims: [103] });
  });

  it('that fail are reset, never ended normally', async () => {
    const faults: (Error | undefined)[] = [];
    await fixture.serve((downstream) => {
      const content = new ScriptedContent(downstream.path === '/long' ? 5 : 9, (source) => {
        source.give('half');
        setTimeout(() => {
          if (downstream.path === '/fail') source.fail();
          else if (downstream.path === '/long') source.give('more');
          else source.end();
        }, 10);
      });
      downstream.stream(200, new HeaderList(), content, (fault) => faults.push(fault));
    });
    for (const path of ['/fail', '/short', '/long']) {
      expect(await fixture.get(path)).toMatchObject({
        body: 'half',
        ended: false,
        rstCode: constants.NGHTTP2_INTERNAL_ERROR,
      });
    }
    expect(faults).toMatchObject([
      { code: 'upstream_reset' },
      { code: 'upstream_reset' },
      { code: 'upstream_malformed_response' },
    ]);
  });

  it('carry trailers for gRPC, and for nothing else', async () => {
    let trailersOfRequest: string | undefined;
    await fixture.serve((downstream) => {
      downstream.content.start({
        data: () => true,
        end: (trailers) => (trailersOfRequest = trailers?.get('x-sum')),
        fail: () => undefined,
      });
      const content = new ScriptedContent(-1, (source) => {
        source.give('message');
        source.sink?.end(HeaderList.of({ 'grpc-status': '0' }));
      });
      downstream.stream(200, new HeaderList(), content, () => undefined);
    });
    const grpc = await fixture.get('/', {
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    });
    expect([grpc.body, grpc.trailers]).toEqual(['message', ['grpc-status', '0']]);
    expect((await fixture.get('/', { 'content-type': 'text/plain' })).trailers).toEqual([]);
    expect(trailersOfRequest).toBeUndefined();
  });

  it('that are late have no effect', async () => {
    let late: Downstream | undefined;
    let aborted = 0;
    await fixture.serve((downstream) => {
      late = downstream;
      downstream.abortListener = { onAborted: () => aborted++ };
    });
    const stream = fixture.session.request({ ':authority': 'a.test', ':path': '/' });
    stream.on('error', () => undefined);
    await eventually(() => late !== undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => aborted === 1);
    const content = new ScriptedContent(-1);
    let fault: Error | undefined;
    late?.respond(200, new HeaderList(), '');
    late?.sendInterim(103, new HeaderList());
    late?.stream(200, new HeaderList(), content, (error) => (fault = error));
    late?.abort();
    expect([content.cancelled, fault]).toEqual([true, expect.any(Error)]);
  });
});
