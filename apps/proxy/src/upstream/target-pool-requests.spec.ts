import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, ScriptedContent } from '../listener/testing/running-listener.ts';
import { okResponse, TargetPoolFixture } from './testing/target-pool-fixture.ts';
import { RawOrigin } from './testing/raw-origin.ts';

const fixture = new TargetPoolFixture();
beforeEach(() => fixture.start());
afterEach(() => fixture.stop());

const text = (content: string, pieces = [content]): ScriptedContent =>
  new ScriptedContent(content.length, (source) => {
    for (const piece of pieces) source.give(piece);
    source.end();
  });

describe('requests', () => {
  it('are sent byte for byte: Host, fields, framing from the content', async () => {
    fixture.use(await RawOrigin.answering(okResponse('1')));
    await fixture.send({ path: '/a?b', headers: { 'X-A': 'b' } }).over;
    await fixture.send({ method: 'POST' }).over;
    await fixture.send({ method: 'PUT', content: text('hello', ['he', 'llo']) }).over;
    expect(fixture.origin.connections.map(({ received }) => received)).toEqual([
      'GET /a?b HTTP/1.1\r\nX-A: b\r\nHost: a.test\r\n\r\n' +
        'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n' +
        'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
    ]);
  });

  it('of unknown length are sent in chunks', async () => {
    fixture.use(await RawOrigin.answering(okResponse('1')));
    const content = new ScriptedContent(
      -1,
      (source) => (source.give('he'), source.give('llo'), source.end()),
    );
    await fixture.send({ method: 'POST', content }).over;
    expect(fixture.origin.connections[0]?.received).toBe(
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    );
  });

  it('never carry framing, Expect or a second Host from their fields', async () => {
    fixture.use(await RawOrigin.answering(okResponse('1')));
    await fixture.send({
      headers: {
        Host: 'evil.test',
        'Content-Length': '7',
        'Transfer-Encoding': 'chunked',
        Expect: '100-continue',
      },
    }).over;
    expect(fixture.origin.connections[0]?.received).toBe('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });

  it('that cannot be written fail without reaching the upstream', async () => {
    fixture.use(await RawOrigin.answering(okResponse('1')));
    const { failure } = await fixture.send({ path: '/a b' }).over;
    expect(failure).toMatchObject({ code: 'internal_error', unsent: true, replayable: true });
  });

  it('send content no faster than the upstream reads it', async () => {
    fixture.use(await RawOrigin.start(({ socket }) => void socket.pause()));
    const content = new ScriptedContent(-1);
    const call = fixture.send({
      method: 'POST',
      content,
      timeouts: { idleMs: 60_000, totalMs: 60_000 },
    });
    await eventually(() => content.sink !== undefined);
    let given = 0;
    while (content.give('x'.repeat(60_000)) && given < 400) given++;
    expect(given).toBeLessThan(400);
    expect(content.resumed).toBe(0);
    fixture.origin.connections[0]?.socket.resume();
    await eventually(() => content.resumed > 0);
    call.call.abort();
    expect(content.cancelled).toBe(true);
  });

  it('whose content fails never look complete: the connection is destroyed', async () => {
    fixture.use(await RawOrigin.answering(''));
    const content = new ScriptedContent(-1);
    const call = fixture.send({ method: 'POST', content });
    await eventually(() => content.sink !== undefined);
    content.give('half');
    await eventually(() => fixture.origin.connections[0]?.received.endsWith('half\r\n') === true);
    content.fail();
    expect((await call.over).failure).toMatchObject({ unsent: false, replayable: false });
    await eventually(() => fixture.origin.connections[0]?.closed === true);
    expect(fixture.origin.connections[0]?.received).not.toContain('0\r\n\r\n');
  });
});
