import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import { constants } from 'node:http2';
import { Http2Fixture, ok, readAnswer } from './testing/http2-fixture.ts';
import { collect, eventually, ScriptedContent } from './testing/running-listener.ts';

const fixture = new Http2Fixture();
afterEach(() => fixture.stop());

describe('an HTTP/2 client that disconnects', () => {
  it('during its content and its response aborts both once', async () => {
    const told: string[] = [];
    const content = new ScriptedContent(-1);
    await fixture.serve((downstream) => {
      downstream.abortListener = { onAborted: () => told.push('aborted') };
      collect(downstream.content, (_, error) => told.push(error?.code ?? 'complete'));
      downstream.stream(200, new HeaderList(), content, () => told.push('done'));
    });
    const stream = fixture.session.request({
      ':authority': 'a.test',
      ':path': '/',
      ':method': 'POST',
    });
    stream.on('error', () => undefined);
    stream.write('half');
    await eventually(() => content.sink !== undefined);
    fixture.session.destroy();
    await eventually(() => told.length >= 2);
    expect([told, content.cancelled]).toEqual([['aborted', 'malformed_request'], true]);
  });

  it('or does not read is reset', async () => {
    let fault: Error | undefined;
    const content = new ScriptedContent(-1);
    await fixture.serve(
      (downstream) => downstream.stream(200, new HeaderList(), content, (error) => (fault = error)),
      { writeIdleMs: 80 },
    );
    const stream = fixture.session.request({ ':authority': 'a.test', ':path': '/' });
    stream.on('error', () => undefined);
    await eventually(() => content.sink !== undefined);
    while (content.give('x'.repeat(60_000)));
    await eventually(() => fault !== undefined);
    expect(content.cancelled).toBe(true);
  });
});

describe('limits of HTTP/2', () => {
  it('100 streams at a time', async () => {
    let open = 0;
    await fixture.serve(() => void open++);
    await new Promise<void>((resolve) => fixture.session.once('remoteSettings', () => resolve()));
    expect([
      fixture.session.remoteSettings.maxConcurrentStreams,
      fixture.session.remoteSettings.maxHeaderListSize,
    ]).toEqual([100, 65_536]);
    for (let index = 0; index < 120; index++)
      void readAnswer(fixture.session.request({ ':authority': 'a.test', ':path': '/' }));
    await eventually(() => open === 100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(open).toBe(100);
  });

  it('excessive resets end the connection', async () => {
    let seen = 0;
    await fixture.serve(() => void seen++);
    await new Promise<void>((resolve) => fixture.session.once('remoteSettings', () => resolve()));
    for (let round = 0; round < 40 && !fixture.session.destroyed; round++) {
      for (
        let index = 0;
        index < 20 && !fixture.session.destroyed && !fixture.session.closed;
        index++
      ) {
        const stream = fixture.session.request({ ':authority': 'a.test', ':path': '/' });
        stream.on('error', () => undefined);
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await eventually(() => fixture.session.closed || fixture.session.destroyed);
    expect(seen).toBeLessThan(400);
  });

  it('idle connections are closed', async () => {
    await fixture.serve(ok, { keepAliveIdleMs: 50 });
    await fixture.get('/');
    await eventually(
      () => fixture.session.destroyed && fixture.running.listener.connectionCount === 0,
    );
  });

  it('connections without a request are closed', async () => {
    await fixture.serve(ok, { headerTimeoutMs: 50 });
    await eventually(
      () => fixture.session.destroyed && fixture.running.listener.connectionCount === 0,
    );
  });
});

describe('drain of HTTP/2', () => {
  it('finishes exchanges in progress and requests already sent', async () => {
    const held: (() => void)[] = [];
    await fixture.serve(
      (downstream) =>
        downstream.path === '/held' ? held.push(() => ok(downstream)) : ok(downstream),
      { drainIdleMs: 60 },
    );
    const under = fixture.get('/held');
    await eventually(() => held.length === 1);
    const onItsWay = fixture.get('/late');
    const drained = fixture.running.listener.drain(20_000);
    expect((await onItsWay).body).toBe('/late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    held[0]?.();
    expect((await under).body).toBe('/held');
    await drained;
    expect(fixture.running.listener.connectionCount).toBe(0);
  });
});
