import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { Http2Origin, type OriginStream } from './testing/http2-origin.ts';
import { Http2TargetFixture, respondHello } from './testing/http2-target-fixture.ts';
import type { RecordedCall } from './testing/recorded-call.ts';

const fixture = new Http2TargetFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

describe('requests over HTTP/2', () => {
  it('carry pseudo-header fields, and no fields of the hop', async () => {
    const started = fixture.use(await Http2Origin.start(respondHello));
    await fixture.send({
      path: '/a?b',
      headers: {
        Host: 'evil.test',
        'X-A': 'b',
        TE: 'trailers',
        Expect: '100-continue',
        'Content-Length': '9',
      },
    }).over;
    expect(started.streams[0]?.raw).toEqual([
      ':method',
      'GET',
      ':scheme',
      'http',
      ':authority',
      'a.test',
      ':path',
      '/a?b',
      'x-a',
      'b',
    ]);
  });

  it('carry content with and without a length', async () => {
    const started = fixture.use(
      await Http2Origin.start((opened) => opened.stream.on('end', () => respondHello(opened))),
    );
    await fixture.send({
      method: 'POST',
      content: new ScriptedContent(5, (source) => (source.give('hello'), source.end())),
    }).over;
    await fixture.send({
      method: 'POST',
      content: new ScriptedContent(
        -1,
        (source) => (source.give('hel'), source.give('lo'), source.end()),
      ),
    }).over;
    await fixture.send({ method: 'POST' }).over;
    expect(
      started.streams.map(({ body, raw }) => [
        body,
        raw.slice(raw.indexOf('content-length')).at(raw.includes('content-length') ? 1 : 99),
      ]),
    ).toEqual([
      ['hello', '5'],
      ['hello', undefined],
      ['', '0'],
    ]);
  });

  it('ask for trailers when they are gRPC', async () => {
    const started = fixture.use(await Http2Origin.start(respondHello));
    await fixture.send({ method: 'POST', headers: { 'Content-Type': 'application/grpc' } }).over;
    expect(started.streams[0]?.raw.join(' ')).toContain('te trailers');
  });

  it('send content no faster than the upstream reads it', async () => {
    fixture.use(await Http2Origin.start(({ stream }) => void stream.pause()));
    const content = new ScriptedContent(-1);
    const call = fixture.send({
      method: 'POST',
      content,
      timeouts: { idleMs: 60_000, totalMs: 60_000 },
    });
    await eventually(() => content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(60_000)) && given < 100) given++;
    expect([given < 100, content.resumed]).toEqual([true, 0]);
    call.call.abort();
    expect(content.cancelled).toBe(true);
  });

  it('that fail never look complete', async () => {
    const started = fixture.use(await Http2Origin.start(() => undefined));
    const contents = [new ScriptedContent(-1), new ScriptedContent(-1)];
    const [failing, aborted] = contents.map((content) => fixture.send({ method: 'POST', content }));
    await eventually(() => contents.every((content) => content.sink !== undefined));
    for (const content of contents) content.give('half');
    await eventually(
      () => started.streams.length === 2 && started.streams.every(({ body }) => body === 'half'),
    );
    contents[0]?.fail();
    aborted?.call.abort();
    await eventually(() => started.streams.every(({ stream }) => stream.closed));
    expect(started.streams.map(({ complete }) => complete)).toEqual([false, false]);
    expect((await failing?.over)?.failure).toMatchObject({ unsent: false, replayable: false });
    expect(aborted?.outcomes).toBe(0);
  });

  it('share a connection up to the stream limit, then open another, then wait', async () => {
    const held: OriginStream[] = [];
    const started = fixture.use(
      await Http2Origin.start((opened) => void held.push(opened), { maxStreams: 2 }),
      { maxConnections: 2 },
    );
    const calls: RecordedCall[] = [];
    for (let index = 1; index <= 6; index++) {
      calls.push(fixture.send());
      await eventually(() => held.length === Math.min(index, 4));
    }
    expect([
      started.sessions.length,
      fixture.target.openCount,
      fixture.target.waitingCount,
    ]).toEqual([2, 2, 2]);
    for (let index = 0; index < 6; index++) {
      await eventually(() => held.length > index);
      respondHello(held[index] as OriginStream);
    }
    for (const call of calls) expect((await call.over).body).toBe('hello');
    expect([started.sessions.length, fixture.target.waitingCount]).toEqual([2, 0]);
    await eventually(() => fixture.target.idleCount === 2);
  });

  it('that exceed the queue, or wait too long, are refused as unsent', async () => {
    let opened = 0;
    fixture.use(await Http2Origin.start(() => void opened++, { maxStreams: 1 }), {
      maxConnections: 1,
      maxQueued: 1,
    });
    fixture.send();
    await eventually(() => opened === 1);
    const waiting = fixture.send({ timeouts: { connectMs: 60 } });
    expect(fixture.send().failure).toMatchObject({ code: 'no_target_available', unsent: true });
    expect((await waiting.over).failure).toMatchObject({
      code: 'upstream_connect_failed',
      unsent: true,
      replayable: true,
    });
  });
});
