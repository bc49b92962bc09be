import { afterEach, describe, expect, it } from '@jest/globals';
import { reply, type PolicyHooks } from '@sluice/policy-sdk';
import { eventually } from '../listener/testing/running-listener.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { BodyFixture, later } from './testing/body-fixture.ts';

type Received = NonNullable<PolicyHooks['received']>;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('the connection to a target while policies of received work', () => {
  const fixture = new BodyFixture();
  let raw: RawOrigin;

  afterEach(async () => {
    expect(await fixture.stop()).toBe(0);
    raw.stop();
  });

  /** Answers each request with its path as content and field, in one write. */
  const echoing = () =>
    RawOrigin.start(({ socket }) => {
      socket.on('data', (chunk: Buffer) => {
        const path = / (\S+) /.exec(chunk.toString('latin1'))?.[1] ?? '';
        socket.write(
          `HTTP/1.1 200 OK\r\nX-Path: ${path}\r\nContent-Length: ${path.length}\r\n\r\n${path}`,
        );
      });
    });

  async function start(received: Received, service: Record<string, unknown> = {}) {
    return fixture.start({ policies: { policy: { received } }, targets: [raw.address], service });
  }

  it('carries the next request after the content was read; the fields stay those of their own', async () => {
    raw = await echoing();
    const pending: (() => void)[] = [];
    const running = await start(async ({ path }, { body }) => {
      await body.read({ maxBytes: 100 });
      if (path === '/first') await new Promise<void>((resolve) => pending.push(resolve));
    });
    const first = await running.connect();
    first.send(get('/first'));
    await eventually(() => pending.length === 1);
    const second = await running.send(get('/second'));
    expect([second.headers.get('x-path'), second.body]).toEqual(['/second', '/second']);
    pending[0]?.();
    const response = await first.readResponse();
    expect([response.headers.get('x-path'), response.body]).toEqual(['/first', '/first']);
    expect(raw.connections).toHaveLength(1);
  });

  it('is kept when a policy answers and the content had arrived', async () => {
    raw = await echoing();
    const running = await start(async () => {
      await later(2);
      return reply(299, [], 'mine');
    });
    for (let turn = 0; turn < 3; turn++)
      expect(await running.send(get('/x'))).toMatchObject({ status: 299, body: 'mine' });
    expect(raw.connections).toHaveLength(1);
  });

  it('is closed when a policy answers before the content has arrived', async () => {
    raw = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
    const running = await start(() => reply(299, [], 'mine'));
    for (let turn = 0; turn < 2; turn++)
      expect(await running.send(get('/x'))).toMatchObject({ status: 299, body: 'mine' });
    await eventually(() => raw.connections.every(({ closed }) => closed));
    expect(raw.connections).toHaveLength(2);
  });

  it('is closed with an upstream that breaks off while the policy works; the client gets 502', async () => {
    raw = await RawOrigin.start(({ socket }) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
        setTimeout(() => socket.destroy(), 20);
      });
    });
    const running = await start(() => later(100));
    expect((await running.send(get('/x'))).status).toBe(502);
    expect(await running.line(0)).toMatchObject({ code: 'upstream_reset', source: 'upstream' });
  });

  it('is told nothing of a response without content: HEAD and 204 are read as empty', async () => {
    raw = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
    );
    const seen: unknown[] = [];
    const running = await start(async (_, { body }) => {
      body.observe({ chunk: () => seen.push('chunk'), end: (complete) => seen.push(complete) });
      seen.push((await body.read({ maxBytes: 100 })).bytes.length);
    });
    const head = await running.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', 'HEAD');
    expect(head.headers.get('content-length')).toBe('7');
    expect((await running.send(get('/x'))).status).toBe(204);
    expect(seen).toEqual([true, 0, true, 0]);
    expect(raw.connections).toHaveLength(1);
  });
});
