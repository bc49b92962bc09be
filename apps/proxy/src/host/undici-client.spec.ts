import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpFault, type HttpClientOptions } from '@sluice/policy-sdk';
import { eventually } from '../listener/testing/running-listener.ts';
import { FaultyServer } from './testing/faulty-server.ts';
import { UndiciClient } from './undici-client.ts';

let server: FaultyServer;
let clients: UndiciClient[];
let outcomes: string[];

// Loading undici takes longer than some calls of this spec may.
beforeAll(() => import('undici'));
beforeEach(async () => {
  server = await FaultyServer.start();
  clients = [];
  outcomes = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});

function client(options: HttpClientOptions = {}, lookup?: LookupFunction): UndiciClient {
  const created = new UndiciClient(
    { allowPrivateAddresses: true, timeoutMs: 500, maxBytes: 100_000, ...options },
    {
      lookup: lookup ?? ((_name, { all }, callback) => answer(callback, all, '127.0.0.1')),
      traceparentOf: () => '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      onCall: (outcome) => outcomes.push(outcome),
    },
  );
  clients.push(created);
  return created;
}

function answer(
  callback: Parameters<LookupFunction>[2],
  all: boolean | undefined,
  ...addresses: string[]
): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const [first] = found;
  if (all === true) callback(null, found);
  else callback(null, first?.address ?? '', first?.family);
}

const reasonOf = async (call: Promise<unknown>): Promise<string> => {
  const fault: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(HttpFault);
  return (fault as HttpFault).reason;
};

describe('UndiciClient', () => {
  it('sends a call and reads the whole response', async () => {
    const response = await client().request(server.url('/echo?a=1'), {
      method: 'PUT',
      headers: [
        ['X-Name', 'caf\u00e9'],
        ['X-Name', 'two'],
      ],
      body: 'hello',
    });
    expect(response.status).toBe(200);
    expect(response.text()).toBe('okhello');
    expect(server.heads[0]).toMatch(/^PUT \/echo\?a=1 HTTP\/1\.1\r\n/);
    expect(server.heads[0]).toMatch(/X-Name: caf\u00e9\r\nX-Name: two/);
    expect(server.heads[0]).toMatch(/content-length: 5/i);
    expect(outcomes).toEqual(['2xx']);
  });

  it('sends neither Content-Length nor Expect without a body, and no field of its own', async () => {
    await client().request(server.url('/ok'));
    expect(server.heads[0]).toBe(
      `GET /ok HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive`,
    );
  });

  it('uses a connection again, also after a fault of the service', async () => {
    const calls = client();
    for (const path of ['/ok', '/status/500', '/redirect', '/ok'])
      await calls.request(server.url(path)).catch(() => undefined);
    expect(server.requests).toBe(4);
    // A redirect ends its connection, because its content is not read.
    expect(server.accepted).toBeLessThanOrEqual(2);
  });

  it.each([{ maxConnections: 0 }, { timeoutMs: -1 }, { maxBytes: Number.NaN }])(
    'refuses the settings %j',
    (options) => {
      expect(() => client(options)).toThrow(RangeError);
    },
  );

  it('answers with statuses of faults and with bytes beyond ASCII in fields', async () => {
    const calls = client();
    expect((await calls.request(server.url('/status/404'))).status).toBe(404);
    expect((await calls.request(server.url('/status/503'))).status).toBe(503);
    expect((await calls.request(server.url('/latin1'))).headers.get('x-name')).toBe('caf\u00e9');
    expect(outcomes).toEqual(['4xx', '5xx', '2xx']);
  });

  it('passes on the trace of an exchange and is aborted with it', async () => {
    const abort = new AbortController();
    const exchange = { signal: abort.signal } as never;
    const calls = client({ timeoutMs: 5_000, maxConnections: 1 });
    await calls.request(server.url('/ok'), { exchange });
    expect(server.heads[0]).toContain(
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    );
    const call = calls.request(server.url('/hang'), { exchange });
    await eventually(() => server.heads.length === 2);
    abort.abort();
    expect(await reasonOf(call)).toBe('aborted');
    expect(await reasonOf(calls.request(server.url('/ok'), { exchange }))).toBe('aborted');
    expect(server.heads).toHaveLength(2);
    await eventually(() => server.sockets.size === 0);
  });

  it.each([
    ['/hang', 'timeout'],
    ['/trickle', 'timeout'],
    ['/redirect', 'redirect'],
    ['/huge', 'too_large'],
    ['/huge-head', 'too_large'],
    ['/half', 'broken_off'],
    ['/half-head', 'broken_off'],
    ['/close', 'broken_off'],
    ['/not-http', 'invalid_response'],
  ])('ends a call to %s with %s, in time and without a connection left', async (path, reason) => {
    const startedAtMs = performance.now();
    const call = client().request(server.url(path), { body: 'x' });
    expect(await reasonOf(call)).toBe(reason);
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(outcomes).toEqual([reason]);
    // The connection of a complete response may serve another call.
    if (reason !== 'redirect') await eventually(() => server.sockets.size === 0);
  });

  it('makes a safe call once more when the connection ended before the response', async () => {
    expect(await reasonOf(client().request(server.url('/close')))).toBe('broken_off');
    expect(server.heads).toHaveLength(2);
    expect(await reasonOf(client().request(server.url('/close'), { body: 'x' }))).toBe(
      'broken_off',
    );
    expect(server.heads).toHaveLength(3);
  });

  it('says that there is no connection', async () => {
    const { port } = server;
    await server.stop();
    expect(await reasonOf(client().request(`http://127.0.0.1:${port}/`))).toBe('not_connected');
    const unknown: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), '');
    expect(await reasonOf(client({}, unknown).request('http://nowhere.test/'))).toBe(
      'not_connected',
    );
    server = await FaultyServer.start();
  });

  it.each([
    'http://127.0.0.1',
    'http://127.1',
    'http://0x7f000001',
    'http://2130706433',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://[64:ff9b::7f00:1]',
    'http://169.254.169.254',
    'http://10.0.0.1',
    'http://[fd00::1]',
    'http://0.0.0.0',
  ])('refuses the address in %s', async (origin) => {
    const calls = client({ allowPrivateAddresses: false });
    expect(await reasonOf(calls.request(`${origin}:${server.port}/ok`))).toBe('private_address');
    expect(server.accepted).toBe(0);
  });

  it.each([[['127.0.0.1']], [['93.184.215.14', '127.0.0.1']], [['::1']], [['::ffff:127.0.0.1']]])(
    'refuses a name with the addresses %j, at each connection',
    async (addresses) => {
      let resolutions = 0;
      const lookup: LookupFunction = (_name, { all }, callback) => {
        resolutions++;
        answer(callback, all, ...addresses);
      };
      const calls = client({ allowPrivateAddresses: false }, lookup);
      const url = `http://rebound.test:${server.port}/ok`;
      expect(await reasonOf(calls.request(url))).toBe('private_address');
      expect(await reasonOf(calls.request(url))).toBe('private_address');
      expect(resolutions).toBe(2);
      expect(server.accepted).toBe(0);
    },
  );

  it('bounds calls, connections and the queue', async () => {
    const calls = client({ maxConnections: 2, maxQueued: 1, timeoutMs: 400 });
    const slow = Array.from({ length: 4 }, () => reasonOf(calls.request(server.url('/hang'))));
    const reasons = await Promise.all(slow);
    expect(reasons.toSorted()).toEqual(['queue_full', 'timeout', 'timeout', 'timeout']);
    expect(server.accepted).toBeLessThanOrEqual(3);
    expect((await calls.request(server.url('/ok'))).status).toBe(200);
    const many = Array.from({ length: 3 }, () => calls.request(server.url('/ok')));
    expect((await Promise.all(many)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each(['ftp://example.com/', 'file:///etc/passwd', '/relative', 'http://user:pw@example.com/'])(
    'refuses the URL %s',
    async (url) => {
      await expect(client().request(url)).rejects.toThrow(TypeError);
    },
  );

  it('refuses fields that are not valid, without a call', async () => {
    const call = client().request(server.url('/ok'), { headers: { 'X-A': 'a\r\nX-B: b' } });
    await expect(call).rejects.toThrow(TypeError);
    expect(server.heads).toHaveLength(0);
  });

  it('aborts calls in flight and in the queue when it is closed', async () => {
    const calls = client({ maxConnections: 1, timeoutMs: 60_000 });
    const pending = [1, 2, 3].map(() => reasonOf(calls.request(server.url('/hang'))));
    await eventually(() => server.heads.length === 1);
    await calls.close();
    expect(await Promise.all(pending)).toEqual(['closed', 'closed', 'closed']);
    expect(await reasonOf(calls.request(server.url('/ok')))).toBe('closed');
    await eventually(() => server.sockets.size === 0);
  });

  it('closes idle connections with the client, and one that is closed at once', async () => {
    const calls = client();
    await calls.request(server.url('/ok'));
    expect(server.sockets.size).toBe(1);
    await calls.close();
    await eventually(() => server.sockets.size === 0);
    await client().close();
  });
});
