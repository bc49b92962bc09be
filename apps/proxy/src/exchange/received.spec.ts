import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { deny, reply, type PolicyHooks } from '@sluice/policy-sdk';
import { eventually } from '../listener/testing/running-listener.ts';
import { RawOrigin, type OriginConnection } from '../upstream/testing/raw-origin.ts';
import { BodyFixture, later, post, sha } from './testing/body-fixture.ts';
import { ContentOrigin } from './testing/content-origin.ts';

type Received = NonNullable<PolicyHooks['received']>;

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a policy of the received phase', () => {
  const fixture = new BodyFixture();
  let raw: RawOrigin | undefined;

  afterEach(async () => {
    expect(await fixture.stop()).toBe(0);
    raw?.stop();
    raw = undefined;
  });

  /** Starts a proxy whose upstream answers with this content. */
  const answering = (
    content: Buffer | string,
    received: Received,
    fields: Record<string, string> = {},
    options: { readonly status?: number; readonly onError?: 'open' | 'closed' } = {},
  ) =>
    ContentOrigin.start((_, response) => {
      response.writeHead(options.status ?? 200, fields);
      response.end(content);
    }).then((origin) =>
      fixture.start(
        {
          policies: { policy: { received } },
          ...(options.onError === undefined ? {} : { attached: { onError: options.onError } }),
        },
        origin,
      ),
    );

  /** Starts a proxy whose upstream behaves as the test says. */
  async function behind(
    behave: (connection: OriginConnection) => void,
    received: Received,
    service: Record<string, unknown> = {},
  ) {
    raw = await RawOrigin.start((connection) =>
      connection.socket.once('data', () => behave(connection)),
    );
    return fixture.start({
      policies: { policy: { received } },
      targets: [raw.address],
      service,
    });
  }

  it('sees the response of the upstream only, without any field of the gateway', async () => {
    const seen: unknown[] = [];
    const running = await answering(
      'content',
      (exchange, { status, headers, target }) => {
        exchange.addResponseHeader('X-Mine', 'yes');
        seen.push(status, target, headers.has('x-mine'), headers.has('via'));
        seen.push(headers.has('x-request-id'));
      },
      { 'X-Origin': 'a' },
    );
    const response = await running.send(get);
    expect(seen).toEqual([200, fixture.origin.address, false, false, false]);
    expect(response.headers.get('x-mine')).toBe('yes');
    expect(response.headers.has('via')).toBe(true);
  });

  it('reads 10 MB, which the client receives with its length', async () => {
    const content = randomBytes(10_000_000);
    let digest = '';
    const running = await answering(content, async (_, { body }) => {
      const { bytes } = await body.read({ maxBytes: 10_000_000 });
      digest = sha(bytes);
    });
    const response = await running.send(get);
    expect(digest).toBe(sha(content));
    expect(sha(Buffer.from(response.body, 'latin1'))).toBe(digest);
    expect(response.headers.get('content-length')).toBe('10000000');
  });

  it.each(['open', 'closed'] as const)('reads too much, onError %s: 502', async (onError) => {
    const running = await answering(
      'eleven bytes',
      async (_, { body }) => void (await body.read({ maxBytes: 10 })),
      {},
      { onError },
    );
    const response = await running.send(get);
    expect(response.status).toBe(502);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'upstream_content_too_large' });
    expect(running.notes.policyFaults).toEqual([]);
    expect(await running.line(0)).toMatchObject({ status: 502, source: 'upstream' });
  });

  it('reads the beginning, and the rest streams', async () => {
    const content = randomBytes(2_000_000);
    const running = await answering(content, async (_, { body, headers }) => {
      const { bytes, complete } = await body.read({ maxBytes: 4, over: 'partial' });
      headers.set('X-Seen', `${bytes.length} ${String(complete)}`);
    });
    const response = await running.send(get);
    expect(response.headers.get('x-seen')).toBe('4 false');
    expect(sha(Buffer.from(response.body, 'latin1'))).toBe(sha(content));
  });

  const described = {
    ETag: '"1"',
    'Accept-Ranges': 'bytes',
    'Content-Digest': 'sha-256=:AA==:',
    'Repr-Digest': 'sha-256=:AA==:',
  };

  it.each([
    ['at once', (): Promise<void> | undefined => undefined],
    ['later', (): Promise<void> | undefined => later(5)],
  ])('transforms the content %s, and drops what described the old one', async (_, wait) => {
    const content = Buffer.from('abc'.repeat(100_000));
    let observed = '';
    const received: Received = (_exchange, { body }) => {
      const act = (): void => {
        expect(
          body.transform({
            chunk: (bytes) => Buffer.from(Buffer.from(bytes).toString('latin1').toUpperCase()),
            end: () => Buffer.from('!'),
          }),
        ).toBe(true);
        body.observe({
          chunk: (bytes) => (observed += Buffer.from(bytes).toString('latin1')),
          end: (complete) => (observed += String(complete)),
        });
      };
      const waiting = wait();
      if (waiting === undefined) return act();
      return waiting.then(act);
    };
    const running = await answering(content, received, described);
    const response = await running.send(get);
    expect(response.body).toBe(`${'ABC'.repeat(100_000)}!`);
    expect(observed).toBe(`${response.body}true`);
    for (const name of [...Object.keys(described), 'content-length'])
      expect(response.headers.has(name.toLowerCase())).toBe(false);
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
  });

  it.each([
    ['206', 206, 'GET', { 'Content-Range': 'bytes 0-3/8' }],
    ['HEAD', 200, 'HEAD', {}],
    ['204', 204, 'GET', {}],
    ['304', 304, 'GET', {}],
    ['no-transform', 200, 'GET', { 'Cache-Control': 'public, No-Transform' }],
  ] as const)('leaves %s as it is', async (_, status, method, fields) => {
    const results: boolean[] = [];
    const running = await answering(
      status === 204 || status === 304 ? '' : 'text',
      (_exchange, { body }) => {
        results.push(body.transform({ chunk: () => undefined }), body.replace('other'));
      },
      { ...fields, ...described },
      { status },
    );
    const response = await running.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`, method);
    expect(results).toEqual([false, false]);
    expect(response).toMatchObject({ status, headers: expect.any(Map) });
    for (const name of Object.keys(described))
      expect(response.headers.has(name.toLowerCase())).toBe(true);
    if (method === 'GET' && status < 300 && status !== 204) expect(response.body).toBe('text');
  });

  it('replaces the content and the status, and answers by itself', async () => {
    const running = await answering('old', async (exchange, response) => {
      await later(2);
      if (exchange.path === '/reply') return reply(203, [['X-Mine', '1']], 'mine');
      if (exchange.path === '/deny') return deny('forbidden');
      response.body.replace('new content', 'text/plain');
      response.status = 201;
      return undefined;
    });
    const client = await running.connect();
    const ask = (path: string) =>
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse();
    const replaced = await ask('/');
    expect(replaced).toMatchObject({ status: 201, body: 'new content' });
    expect(replaced.headers.get('content-type')).toBe('text/plain');
    expect(await ask('/reply')).toMatchObject({ status: 203, body: 'mine' });
    expect((await ask('/deny')).status).toBe(403);
    expect(await running.line(1)).toMatchObject({ status: 203, source: 'gateway' });
    expect(await running.line(2)).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('does not see responses of the gateway', async () => {
    let runs = 0;
    const running = await behind(
      ({ socket }) => socket.destroy(),
      () => void runs++,
    );
    expect((await running.send(post('x'))).status).toBe(502);
    expect(runs).toBe(0);
  });

  it('may work longer than the upstream may be silent, and than a request may take', async () => {
    const running = await behind(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfir');
        setTimeout(() => socket.write('st!'), 50);
      },
      async (_, { body }) => {
        await later(1_600);
        await body.read({ maxBytes: 6 });
        await later(500);
      },
      { timeouts: { idleMs: 1_000, totalMs: 1_500, firstByteMs: 1_500, connectMs: 1_500 } },
    );
    expect(await running.send(get)).toMatchObject({ status: 200, body: 'first!' });
  });

  it('does not wait for an upstream that stalls: 504 by its timeout', async () => {
    const running = await behind(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfir'),
      async (_, { body }) => void (await body.read({ maxBytes: 6 })),
      { timeouts: { idleMs: 100 } },
    );
    const response = await running.send(get);
    expect(JSON.parse(response.body)).toMatchObject({ status: 504, code: 'upstream_timeout' });
    expect(running.notes.failures).toMatchObject([{ code: 'upstream_timeout' }]);
    expect(running.notes.policyFaults).toEqual([]);
  });

  it('reads from an upstream that breaks off: 502', async () => {
    const running = await behind(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfir');
        setTimeout(() => socket.destroy(), 20);
      },
      async (_, { body }) => void (await body.read({ maxBytes: 6 })),
    );
    expect((await running.send(get)).status).toBe(502);
    expect(running.notes.policyFaults).toEqual([]);
  });

  it('is told when the client leaves; the upstream connection closes', async () => {
    let isAborted = false;
    let hasBegun = false;
    const running = await behind(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfir'),
      async ({ signal }, { body }) => {
        hasBegun = true;
        signal.addEventListener('abort', () => (isAborted = true));
        await body.read({ maxBytes: 6 });
      },
    );
    const client = await running.connect();
    client.send(get);
    await eventually(() => hasBegun);
    client.reset();
    expect(await running.line(0)).toMatchObject({ status: 499, source: 'client' });
    expect(isAborted).toBe(true);
    await eventually(() => raw?.connections[0]?.closed === true);
    expect(running.notes).toEqual({ faults: [], policyFaults: [], failures: [] });
  });

  it('whose transform throws: the response breaks off, and the fault is the policy’s', async () => {
    const running = await answering('content', (_, { body }) => {
      body.transform({
        chunk: () => {
          throw new Error('broken');
        },
      });
    });
    expect((await running.send(get)).status).toBe(503);
    expect(running.notes.policyFaults).toEqual([
      { policy: 'policy', fault: expect.objectContaining({ message: 'broken' }) },
    ]);
  });

  it('that takes too long changes nothing later, onError open: as the upstream sent it', async () => {
    const late: (() => void)[] = [];
    const origin = await ContentOrigin.start((_, response) => void response.end('content'));
    const running = await fixture.start(
      {
        policies: {
          policy: {
            onError: 'open',
            received: (exchange, response) => {
              if (late.length > 0) return undefined;
              late.push(() => {
                response.body.replace('late');
                response.body.transform({ chunk: () => undefined });
                response.headers.set('X-Late', '1');
                response.status = 299;
                exchange.requestBody.replace('late');
                exchange.addResponseHeader('X-Late', '1');
                response.body.read({ maxBytes: 9 }).catch(() => undefined);
              });
              return new Promise(() => undefined);
            },
          },
        },
        fixture: { policyTimeoutMs: 30 },
      },
      origin,
    );
    for (let turn = 0; turn < 3; turn++) {
      const client = await running.connect();
      const response = await client.send(get).readResponse();
      expect(response).toMatchObject({ status: 200, body: 'content' });
      expect(response.headers.has('x-late')).toBe(false);
      client.close();
      for (const act of late) act();
    }
    expect(running.notes.policyFaults).toHaveLength(1);
  });
});
