import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture, type FixtureOptions } from './testing/proxy-fixture.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An address without a listener: connections to it are refused at once. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

describe('attempts', () => {
  const origins: RawOrigin[] = [];
  let proxy: ProxyFixture | undefined;

  afterEach(async () => {
    await proxy?.stop();
    for (const origin of origins.splice(0)) origin.stop();
  });

  const origin = async (behave: Parameters<typeof RawOrigin.start>[0]): Promise<RawOrigin> => {
    const started = await RawOrigin.start(behave);
    origins.push(started);
    return started;
  };
  const answering = async (...responses: string[]): Promise<RawOrigin> => {
    const started = await RawOrigin.answering(...responses);
    origins.push(started);
    return started;
  };
  /** Reads a request and closes the connection without a response. */
  const resetting = (): Promise<RawOrigin> =>
    origin(({ socket }) => socket.on('data', () => socket.resetAndDestroy()));
  /** Reads everything and sends nothing. */
  const silent = (): Promise<RawOrigin> => origin(() => undefined);

  const start = async (
    addresses: readonly string[],
    service: object = {},
    options: FixtureOptions = {},
  ): Promise<ProxyFixture> => {
    proxy = await ProxyFixture.start({
      ...options,
      resources: [
        resource('service', {
          name: 'orders',
          targets: addresses.map((address) => ({ address })),
          health: { failures: 1000 },
          ...service,
        }),
        resource('route', { name: 'orders', service: 'service-orders' }),
      ],
    });
    return proxy;
  };
  const request = (method: string, content = ''): string =>
    `${method} /x HTTP/1.1\r\nHost: a\r\n${content === '' ? '' : `Content-Length: ${content.length}\r\n`}\r\n${content}`;
  const requestsAt = (each: RawOrigin): number =>
    each.connections.reduce(
      (sum, { received }) => sum + received.split(' HTTP/1.1\r\n').length - 1,
      0,
    );

  it('the client gets the failure of the only target, not "no target available"', async () => {
    const dead = await deadAddress();
    const running = await start([dead], { retries: { attempts: 3 } });
    const response = await running.send(request('GET'));
    expect(response.status).toBe(502);
    expect(JSON.parse(response.body)).toMatchObject({
      code: 'upstream_connect_failed',
      status: 502,
    });
    expect(response.body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1/);
    expect(await running.line(0)).toMatchObject({
      status: 502,
      code: 'upstream_connect_failed',
      source: 'upstream',
      target: dead,
      upstreamDurationMs: expect.any(Number),
    });
    expect(running.notes.failures).toEqual([
      { code: 'upstream_connect_failed', reason: expect.stringContaining('ECONNREFUSED') },
    ]);
    expect(running.counted('sluice_errors_total', { code: 'upstream_connect_failed' })).toBe(1);
  });

  it('the client gets the last failure when all targets fail', async () => {
    const slow = await silent();
    const dead = await deadAddress();
    const service = { retries: { attempts: 5 }, timeouts: { firstByteMs: 60 } };
    const first = await (await start([dead, slow.address], service)).send(request('GET'));
    expect(JSON.parse(first.body)).toMatchObject({ code: 'upstream_timeout', status: 504 });
    await proxy?.stop();
    const running = await start([slow.address, dead], service);
    const second = await running.send(request('GET'));
    expect(JSON.parse(second.body)).toMatchObject({ code: 'upstream_connect_failed', status: 502 });
    expect(running.notes.failures.map(({ code }) => code)).toEqual([
      'upstream_timeout',
      'upstream_connect_failed',
    ]);
  });

  it('a service whose targets all have weight 0 has no target', async () => {
    const running = await start([], { targets: [{ address: await deadAddress(), weight: 0 }] });
    const response = await running.send(request('GET'));
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'no_target_available' });
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s is retried after it was sent: it is idempotent',
    async (method) => {
      const [broken, good] = [await resetting(), await answering(ok)];
      const running = await start([broken.address, good.address]);
      expect((await running.send(request(method), method)).status).toBe(200);
      expect(requestsAt(broken)).toBe(1);
      expect(requestsAt(good)).toBe(1);
      expect(await running.line(0)).toMatchObject({
        status: 200,
        source: 'upstream',
        target: good.address,
      });
    },
  );

  it.each(['POST', 'PATCH'])('%s is not retried after it was sent', async (method) => {
    const [broken, good] = [await resetting(), await answering(ok)];
    const running = await start([broken.address, good.address]);
    const statuses = [];
    for (let turn = 0; turn < 4; turn++)
      statuses.push((await running.send(request(method))).status);
    expect(statuses.sort()).toEqual([200, 200, 502, 502]);
    expect(requestsAt(broken) + requestsAt(good)).toBe(4);
  });

  it.each(['POST', 'PUT'])(
    '%s with content is not retried after content was read',
    async (method) => {
      const [broken, good] = [await resetting(), await answering(ok)];
      const running = await start([broken.address, good.address]);
      const statuses = [];
      for (let turn = 0; turn < 4; turn++)
        statuses.push((await running.send(request(method, 'content'))).status);
      expect(statuses.sort()).toEqual([200, 200, 502, 502]);
      expect(requestsAt(broken) + requestsAt(good)).toBe(4);
    },
  );

  it('POST with content is retried with its content when no target received it', async () => {
    const good = await answering(ok);
    const running = await start([await deadAddress(), good.address]);
    for (let turn = 0; turn < 2; turn++)
      expect((await running.send(request('POST', `content-${turn}`))).status).toBe(200);
    expect(good.connections.map(({ received }) => received).join('')).toMatch(
      /\r\n\r\ncontent-0.*\r\n\r\ncontent-1$/s,
    );
  });

  it('the number of retries is limited by the service', async () => {
    const all = [await resetting(), await resetting(), await resetting(), await resetting()];
    const running = await start(
      all.map(({ address }) => address),
      { retries: { attempts: 2 } },
    );
    expect((await running.send(request('GET'))).status).toBe(502);
    expect(all.reduce((sum, each) => sum + requestsAt(each), 0)).toBe(3);
    expect(running.notes.failures).toHaveLength(3);
  });

  it('all attempts share the total timeout', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => silent()));
    const running = await start(
      all.map(({ address }) => address),
      { retries: { attempts: 5 }, timeouts: { firstByteMs: 500, totalMs: 1_500 } },
    );
    const response = await running.send(request('GET'));
    expect(JSON.parse(response.body)).toMatchObject({ code: 'upstream_timeout', status: 504 });
    // At most one more attempt fits in.
    expect(running.notes.failures.length).toBeGreaterThanOrEqual(2);
    expect(running.notes.failures.length).toBeLessThanOrEqual(4);
  });

  it('without retries the first failure is final', async () => {
    const good = await answering(ok);
    const running = await start([await deadAddress(), good.address], { retries: { attempts: 0 } });
    const statuses = [];
    for (let turn = 0; turn < 2; turn++) statuses.push((await running.send(request('GET'))).status);
    expect(statuses.sort()).toEqual([200, 502]);
  });

  it.each([
    ['reset without a response', 'upstream_reset', 502, (): Promise<RawOrigin> => resetting()],
    [
      'not HTTP',
      'upstream_malformed_response',
      502,
      (): Promise<RawOrigin> => answering('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    ],
    ['silence', 'upstream_timeout', 504, (): Promise<RawOrigin> => silent()],
    [
      'an ending without a response',
      'upstream_reset',
      502,
      (): Promise<RawOrigin> => origin(({ socket }) => socket.on('data', () => socket.end())),
    ],
  ])(
    '%s is %s, %i, for the client, with nothing of what the upstream said',
    async (_, code, status, behave) => {
      const bad = await behave();
      const running = await start([bad.address], { timeouts: { firstByteMs: 500 } });
      const response = await running.send(request('POST'));
      expect(response.status).toBe(status);
      expect(JSON.parse(response.body)).toMatchObject({ code });
      expect(response.body).not.toContain('SSH');
      expect(await running.line(0)).toMatchObject({
        status,
        code,
        source: 'upstream',
        target: bad.address,
      });
      expect(running.counted('sluice_errors_total', { code })).toBe(1);
    },
  );

  it('a target whose connections are all busy is skipped for one with a free connection', async () => {
    const busy = await silent();
    const good = await answering(ok);
    const running = await start(
      [busy.address, good.address],
      { timeouts: { firstByteMs: 2_000 } },
      { upstream: { maxConnections: 1, maxQueued: 0 } },
    );
    const [first, second] = [await running.connect(), await running.connect()];
    // One of these two occupies the only connection of the busy target.
    first.send(request('GET'));
    second.send(request('GET'));
    await eventually(() => requestsAt(busy) === 1 && requestsAt(good) === 1);
    for (let turn = 0; turn < 4; turn++)
      expect((await running.send(request('POST', 'content'))).status).toBe(200);
    expect(requestsAt(busy)).toBe(1);
  });

  it('every failure counts for the health of the target, a full queue does not', async () => {
    const broken = await resetting();
    const running = await start([broken.address], { health: { failures: 2, ejectMs: 60_000 } });
    const health = () =>
      [...running.target.runtime.of('service').values()].flatMap(({ upstream }) =>
        upstream.health().map(({ healthy }) => healthy),
      );
    await running.send(request('GET'));
    expect(health()).toEqual([true]);
    await running.send(request('GET'));
    expect(health()).toEqual([false]);
  });
});
