import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { get, ListenerFixture, ok, soon } from './testing/listener-fixture.ts';
import type { RawClient } from './testing/raw-client.ts';
import { eventually, RunningListener } from './testing/running-listener.ts';

const fixture = new ListenerFixture();
afterEach(() => fixture.stop());

describe('connection limits', () => {
  it('answers 503 beyond the number per address, and takes new ones when old ones close', async () => {
    await fixture.serve(ok, { maxConnectionsPerAddress: 2 });
    const first = await fixture.open();
    await fixture.open();
    await soon(10);
    const third = await fixture.open();
    const refused = await third.readResponse();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await third.readToEnd();
    first.close();
    await soon(10);
    const fourth = await fixture.open();
    fourth.send(get('/a'));
    expect((await fourth.readResponse()).body).toBe('/a');
    expect(fixture.running.listener.connectionCount).toBe(2);
  });

  it('answers 503 beyond the number in total', async () => {
    await fixture.serve(ok, { maxConnections: 1 });
    await fixture.open();
    await soon(10);
    expect((await (await fixture.open()).readResponse()).status).toBe(503);
    expect(fixture.running.refusals.map(({ code }) => code)).toEqual(['too_many_connections']);
  });

  it('closes further connections without a response at the limit of refusals, and refused ones with the listener', async () => {
    await fixture.serve(ok, { maxConnections: 1, maxTurnedAway: 50 });
    await fixture.open();
    await soon(10);
    // None of them closes its side: each is still being turned away.
    for (let count = 0; count < 50; count++) await fixture.open();
    const [first, last] = [fixture.clients[1] as RawClient, fixture.clients[50] as RawClient];
    expect([(await first.readResponse()).status, (await last.readResponse()).status]).toEqual([
      503, 503,
    ]);
    expect(await (await fixture.open()).readToEnd()).toBe('');
    expect(fixture.running.refusals).toHaveLength(51);
    await fixture.running.listener.close();
    expect(fixture.running.listener.connectionCount).toBe(0);
  });

  it('closes further clients without a response while 30 refused ones stay idle, until one of them closes', async () => {
    await fixture.serve(ok, { maxConnections: 1, maxTurnedAway: 30, lingerMs: 60_000 });
    const served = await fixture.open();
    await eventually(() => fixture.running.listener.connectionCount === 1);
    for (let count = 0; count < 30; count++)
      expect((await (await fixture.open()).readResponse()).status).toBe(503);
    expect(await (await fixture.open()).readToEnd()).toBe('');
    expect(fixture.running.refusals.map(({ code }) => code)).toEqual(
      Array(31).fill('too_many_connections'),
    );
    fixture.clients[1]?.endSending();
    expect(await answerToNext()).toMatch(/^HTTP\/1\.1 503 /);
    served.send(get('/a'));
    expect((await served.readResponse()).body).toBe('/a');
  });

  it('closes a refused client that stays idle, so that further ones get a response', async () => {
    await fixture.serve(ok, { maxConnections: 1, maxTurnedAway: 1, lingerMs: 200 });
    await fixture.open();
    await eventually(() => fixture.running.listener.connectionCount === 1);
    expect((await (await fixture.open()).readResponse()).status).toBe(503);
    expect(await answerToNext()).toMatch(/^HTTP\/1\.1 503 /);
  });
});

describe('drain', () => {
  it('closes idle connections, finishes exchanges with Connection: close, and refuses new connections', async () => {
    let answer: () => void = () => undefined;
    await fixture.serve((downstream) => (answer = () => ok(downstream)), { drainIdleMs: 0 });
    const idle = await fixture.open();
    const busy = await fixture.open();
    busy.send(get('/busy'));
    await soon(10);
    const drained = fixture.running.listener.drain(2_000);
    expect(await idle.readToEnd()).toBe('');
    await expect(fixture.open()).rejects.toThrow('ECONNREFUSED');
    answer();
    const response = await busy.readResponse();
    expect([response.body, response.headers.get('connection')]).toEqual(['/busy', 'close']);
    await drained;
    expect(fixture.running.listener.connectionCount).toBe(0);
  });

  it('still serves a request that an active client has already sent', async () => {
    await fixture.serve(ok, { drainIdleMs: 500 });
    const client = await fixture.open();
    client.send(get('/1'));
    await client.readResponse();
    const drained = fixture.running.listener.drain(2_000);
    client.send(get('/2'));
    const response = await client.readResponse();
    expect([response.body, response.headers.get('connection')]).toEqual(['/2', 'close']);
    await drained;
  });

  it('aborts exchanges that do not finish in time', async () => {
    let aborted = false;
    await fixture.serve(
      (downstream) => (downstream.abortListener = { onAborted: () => (aborted = true) }),
    );
    const client = await fixture.open();
    client.send(get('/'));
    await soon(10);
    await fixture.running.listener.drain(30);
    expect(aborted).toBe(true);
    expect(await client.readToEnd()).toBe('');
  });
});

describe('listen', () => {
  it('names the port in use and the setting to change', async () => {
    await fixture.serve(ok);
    const other = await RunningListener.start(ok);
    await expect(other.listener.listen(fixture.running.port, '127.0.0.1')).rejects.toThrow();
    await other.stop();
    const third = await RunningListener.start(ok);
    const { port } = third;
    await third.stop();
    const taken = createServer().listen(port, '127.0.0.1');
    await soon(5);
    const { listener } = await RunningListener.start(ok).then(
      async (started) => (await started.stop(), started),
    );
    await expect(listener.listen(port, '127.0.0.1')).rejects.toThrow(
      `port ${port} on 127.0.0.1 is already in use: stop the program that uses it, or set SLUICE_PROXY_PORT`,
    );
    taken.close();
  });
});

/** Opens connections until one is answered; returns what it receives, which begins with the head. */
async function answerToNext(): Promise<string> {
  const giveUpAtMs = performance.now() + 10_000;
  let answer = '';
  while (answer === '' && performance.now() < giveUpAtMs) {
    await soon(20);
    answer = await (await fixture.open()).readToEnd();
  }
  return answer;
}
