import { afterEach, describe, expect, it } from '@jest/globals';
import { HeaderList } from '@sluice/http1';
import type { Downstream } from '../exchange/downstream.ts';
import { get, ListenerFixture, ok, soon } from './testing/listener-fixture.ts';
import { collect, echo, eventually, ScriptedContent } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

describe('slow clients', () => {
  it('that do not complete a head receive a 408 and are closed, also when they trickle', async () => {
    await fixture.serve(echo, { headerTimeoutMs: 80 });
    const client = await fixture.open();
    for (const byte of 'GET / HTTP/1.1\r\nHost: a.te') {
      client.send(byte);
      await soon(10);
    }
    const response = await client.readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([408, 'close']);
    expect(fixture.running.refusals[0]?.code).toBe('request_timeout');
  });

  it('that send nothing are closed without a response', async () => {
    await fixture.serve(ok, { headerTimeoutMs: 500, keepAliveIdleMs: 500 });
    const fresh = await fixture.open();
    expect(await fresh.readToEnd()).toBe('');
    const used = await fixture.open();
    used.send(get('/a'));
    await used.readResponse();
    expect(await used.readToEnd()).toBe('');
  });

  it('that stop inside content are answered 408', async () => {
    await fixture.serve(echo, { bodyIdleMs: 60 });
    const client = await fixture.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nab');
    expect(await client.readResponse()).toMatchObject({ status: 408, body: 'request_timeout' });
    expect(await client.readToEnd()).toBe('');
  });

  it('that send content below the lowest rate are answered 408', async () => {
    await fixture.serve(echo, {
      minBodyRateAfterMs: 100,
      minBodyBytesPerSecond: 500,
      bodyIdleMs: 10_000,
    });
    const client = await fixture.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 500\r\n\r\n');
    const trickle = setInterval(() => client.send('x'), 10);
    expect((await client.readResponse()).status).toBe(408);
    clearInterval(trickle);
  });

  it('are not timed while their content is not read', async () => {
    let source: Downstream['content'] | undefined;
    await fixture.serve(
      (downstream) => {
        source = downstream.content;
        let content = '';
        source.start({
          data: (chunk) => ((content += chunk.toString()), false),
          end: () => downstream.respond(200, new HeaderList(), content),
          fail: (error) => downstream.respond(error.status, new HeaderList(), ''),
        });
      },
      { bodyIdleMs: 50 },
    );
    const client = await fixture.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nab');
    await soon(200);
    expect(client.received.length).toBe(0);
    client.send('cd');
    source?.resume();
    await soon(10);
    source?.resume();
    expect((await client.readResponse()).body).toBe('abcd');
  });

  it('that do not read their response are disconnected', async () => {
    let fault: Error | undefined;
    const content = new ScriptedContent(-1);
    await fixture.serve(
      (downstream) => downstream.stream(200, new HeaderList(), content, (error) => (fault = error)),
      { writeIdleMs: 100 },
    );
    const client = await fixture.open();
    client.socket.pause();
    client.send(get('/'));
    await soon();
    while (content.give('x'.repeat(60_000)));
    await eventually(() => fault !== undefined);
    expect(content.cancelled).toBe(true);
    expect(fixture.running.listener.connectionCount).toBe(0);
  });

  it('that pipeline without reading get no more responses than they read', async () => {
    let made = 0;
    await fixture.serve((downstream) => {
      made++;
      downstream.respond(200, new HeaderList(), 'x'.repeat(30_000));
    });
    const client = await fixture.open();
    client.socket.pause();
    client.send(get('/').repeat(2_000));
    await soon(100);
    const before = made;
    expect(before).toBeLessThan(1_000);
    client.socket.resume();
    for (let index = 0; index < 2_000; index++) await client.readResponse();
    expect(made).toBe(2_000);
  });
});

describe('a client that disconnects', () => {
  it('before its response: the exchange is aborted', async () => {
    let aborted = 0;
    await fixture.serve(
      (downstream) => (downstream.abortListener = { onAborted: () => aborted++ }),
    );
    const client = await fixture.open();
    client.send(get('/'));
    await soon(10);
    client.reset();
    await eventually(() => aborted > 0);
    expect(aborted).toBe(1);
  });

  it('during a streamed response: the exchange is aborted once and the source cancelled', async () => {
    const content = new ScriptedContent(-1);
    const told: string[] = [];
    await fixture.serve((downstream) => {
      downstream.abortListener = { onAborted: () => told.push('aborted') };
      downstream.stream(200, new HeaderList(), content, () => told.push('done'));
    });
    const client = await fixture.open();
    client.send(get('/'));
    await client.readUntil('\r\n\r\n');
    client.reset();
    await eventually(() => told.length > 0);
    await soon(10);
    expect([told, content.cancelled, content.give('late')]).toEqual([['aborted'], true, false]);
  });

  it('inside its content: the source fails', async () => {
    let failed: unknown;
    await fixture.serve((downstream) =>
      collect(downstream.content, (_, error) => (failed = error)),
    );
    const client = await fixture.open();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nabc');
    await soon(10);
    client.reset();
    await eventually(() => failed !== undefined);
    expect(failed).toMatchObject({ code: 'malformed_request' });
  });

  it('and late responses have no effect', async () => {
    let late: Downstream | undefined;
    await fixture.serve((downstream) => (late = downstream));
    const client = await fixture.open();
    client.send(get('/'));
    await soon(10);
    client.reset();
    await soon(10);
    const content = new ScriptedContent(-1);
    let fault: Error | undefined;
    late?.respond(200, new HeaderList(), '');
    late?.sendInterim(103, new HeaderList());
    late?.abort();
    late?.stream(200, new HeaderList(), content, (error) => (fault = error));
    expect([content.cancelled, fault]).toEqual([true, expect.any(Error)]);
  });
});
