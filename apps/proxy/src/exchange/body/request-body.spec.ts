import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ReadContent } from '@sluice/policy-sdk';
import { eventually } from '../../listener/testing/running-listener.ts';
import { RawOrigin } from '../../upstream/testing/raw-origin.ts';
import { BodyFixture, later, post, reading, sha } from '../testing/body-fixture.ts';
import { ContentOrigin } from '../testing/content-origin.ts';

describe('a policy that reads the content of a request', () => {
  const fixture = new BodyFixture();

  // Whatever the outcome, no memory stays counted.
  afterEach(async () => expect(await fixture.stop()).toBe(0));

  it('gets 10 MB whole, as do later policies and the upstream', async () => {
    const body = randomBytes(10_000_000);
    const seen: ReadContent[] = [];
    const running = await fixture.start({
      policies: {
        first: reading({ maxBytes: 10_000_000 }, seen),
        second: reading({ maxBytes: 10_485_760 }, seen),
        third: reading({ maxBytes: 5, over: 'partial' }, seen),
      },
    });
    expect(await running.send(post(body))).toMatchObject({ status: 200, body: '10000000' });
    expect(seen.map(({ bytes, complete }) => [bytes.length, complete])).toEqual([
      [10_000_000, true],
      [10_000_000, true],
      [5, false],
    ]);
    expect(sha(seen[1]?.bytes ?? '')).toBe(sha(body));
    expect(sha(fixture.origin.last.body)).toBe(sha(body));
    expect(fixture.origin.last.headers['content-length']).toBe('10000000');
  });

  it('makes the length of chunked content known', async () => {
    const lengths: number[] = [];
    const running = await fixture.start({
      policies: {
        reader: {
          acts: {
            validate: async (exchange) => {
              lengths.push(exchange.contentLength);
              await exchange.requestBody.read({ maxBytes: 100 });
              lengths.push(exchange.contentLength);
              return undefined;
            },
          },
        },
      },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await later(20);
    expect(await client.send('4\r\ndefg\r\n0\r\n\r\n').readResponse()).toMatchObject({
      status: 200,
      body: '7',
    });
    expect(lengths).toEqual([-1, 7]);
    expect(fixture.origin.last.headers).toMatchObject({ 'content-length': '7' });
    expect(fixture.origin.last.headers).not.toHaveProperty('transfer-encoding');
    // The connection serves the next request.
    expect((await client.send(post(Buffer.from('x'))).readResponse()).body).toBe('1');
  });

  it.each([
    ['announced', 'closed', `Content-Length: 11\r\n\r\nhello world`],
    ['announced', 'open', `Content-Length: 11\r\n\r\nhello world`],
    ['chunked', 'closed', 'Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n'],
    ['chunked', 'open', 'Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n'],
  ] as const)('of one byte too many, %s, onError %s: 413', async (_, onError, rest) => {
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 10 }) },
      attached: { onError },
    });
    const response = await running.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    expect(response.status).toBe(413);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'content_too_large' });
    expect(await running.line(0)).toMatchObject({ status: 413, source: 'client' });
    expect(running.notes).toEqual({ faults: [], policyFaults: [], failures: [] });
    expect(fixture.origin.requests).toEqual([]);
  });

  it('refuses too much content also when the policy ignores that', async () => {
    const running = await fixture.start({
      policies: {
        careless: {
          acts: {
            validate: async ({ requestBody }) => {
              await requestBody.read({ maxBytes: 3 }).catch(() => undefined);
              return undefined;
            },
          },
        },
      },
    });
    expect((await running.send(post(Buffer.from('four')))).status).toBe(413);
    expect(fixture.origin.requests).toEqual([]);
  });

  it('that is longer than the route allows: 413, although the policy would read more', async () => {
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 1_000 }) },
      service: { limits: { maxBodyBytes: 4 } },
      attached: { onError: 'open' },
    });
    const response = await running.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    expect(response.status).toBe(413);
  });

  it('that exceeds a limit which a later policy sets: 413', async () => {
    const running = await fixture.start({
      policies: {
        reader: reading({ maxBytes: 100 }),
        limits: {
          acts: {
            validate: (exchange) => {
              exchange.limitContent(4);
              return undefined;
            },
          },
        },
      },
    });
    expect((await running.send(post('hello'))).status).toBe(413);
    expect((await running.send(post('hell'))).status).toBe(200);
  });

  it('answers Expect: 100-continue', async () => {
    const running = await fixture.start({ policies: { reader: reading({ maxBytes: 10 }) } });
    const client = await running.connect();
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    expect(await client.readUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await client.send('hi').readResponse()).toMatchObject({ status: 200, body: '2' });
    expect(fixture.origin.last.headers).not.toHaveProperty('expect');
    // Too much was announced: the client is not asked to send it.
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n');
    expect((await client.readResponse()).status).toBe(413);
  });

  it('reads part, and the rest streams through', async () => {
    const seen: ReadContent[] = [];
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 6, over: 'partial' }, seen) },
      fixture: { maxBufferedBytes: 1_000_000 },
    });
    const body = randomBytes(3_000_000);
    expect(await running.send(post(body))).toMatchObject({ status: 200, body: '3000000' });
    expect(seen).toEqual([{ bytes: new Uint8Array(body.subarray(0, 6)), complete: false }]);
    expect(sha(fixture.origin.last.body)).toBe(sha(body));
  });

  it('sends replaced content with its length, and without fields about the old one', async () => {
    const running = await fixture.start({
      policies: {
        first: {
          acts: {
            transform: async ({ requestBody }) => {
              const { bytes } = await requestBody.read({ maxBytes: 100 });
              requestBody.replace(`<${Buffer.from(bytes).toString()}>`, 'text/markup');
              return undefined;
            },
          },
        },
        second: {
          acts: {
            transform: async ({ requestBody }) => {
              const { bytes } = await requestBody.read({ maxBytes: 100 });
              requestBody.replace(`${Buffer.from(bytes).toString()}!`);
              return undefined;
            },
          },
        },
      },
    });
    const fields = 'Content-Encoding: x\r\nContent-Digest: sha-256=:AA==:\r\nContent-Type: a/b\r\n';
    expect((await running.send(post(Buffer.from('old'), fields))).body).toBe('6');
    expect(fixture.origin.last.body.toString()).toBe('<old>!');
    const { headers } = fixture.origin.last;
    expect(headers).toMatchObject({ 'content-length': '6', 'content-type': 'text/markup' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-digest');
  });

  it.each([['read'], ['replaced']])('%s content is sent again to another target', async (what) => {
    const broken = await RawOrigin.start(({ socket }) => {
      let received = 0;
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        // The whole request has arrived.
        if (received > 200_000) socket.destroy();
      });
    });
    const body = Buffer.alloc(200_000, 'a');
    const origin = await ContentOrigin.start();
    const running = await fixture.start(
      {
        policies: {
          reader: {
            acts: {
              validate: async ({ requestBody }) => {
                await requestBody.read({ maxBytes: 1_000_000 });
                if (what === 'replaced') requestBody.replace(Buffer.alloc(300_000, 'b'));
                return undefined;
              },
            },
          },
        },
        targets: [broken.address, origin.address],
        service: { retries: { attempts: 1 } },
      },
      origin,
    );
    const head = `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
    const request = Buffer.concat([Buffer.from(head), body]);
    // The balancer begins with either target.
    for (let turn = 0; turn < 2; turn++) expect((await running.send(request)).status).toBe(200);
    expect(broken.connections.length).toBeGreaterThan(0);
    const expected = what === 'read' ? body : Buffer.alloc(300_000, 'b');
    for (const { body: sent } of origin.requests) expect(sha(sent)).toBe(sha(expected));
    // A request that is not idempotent is not repeated after it was sent.
    const statuses = [];
    for (let turn = 0; turn < 2; turn++) statuses.push((await running.send(post(body))).status);
    expect(statuses.sort()).toEqual([200, 502]);
    broken.stop();
  });

  it('may wait longer for the client than a hook may take', async () => {
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 100 }) },
      fixture: { policyTimeoutMs: 100 },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
    for (const byte of 'slow') {
      await later(100);
      client.send(byte);
    }
    expect(await client.readResponse()).toMatchObject({ status: 200, body: '4' });
    expect(running.notes.policyFaults).toEqual([]);
  });

  it('still counts its own time', async () => {
    const running = await fixture.start({
      policies: {
        reader: {
          onError: 'closed',
          acts: {
            validate: async ({ requestBody }) => {
              await requestBody.read({ maxBytes: 100 });
              await later(1_000);
              return undefined;
            },
          },
        },
      },
      fixture: { policyTimeoutMs: 50 },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
    await later(150);
    const response = await client.send('slow').readResponse();
    expect(JSON.parse(response.body)).toMatchObject({ status: 503, code: 'policy_failed' });
  });

  it.each(['open', 'closed'] as const)('from a client that stalls, onError %s: 408', async (on) => {
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 100 }) },
      attached: { onError: on },
      fixture: { listener: { bodyIdleMs: 100 } },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nst');
    expect((await client.readResponse()).status).toBe(408);
    expect(await running.line(0)).toMatchObject({ status: 408, source: 'client' });
    expect(running.notes.policyFaults).toEqual([]);
  });

  it.each(['open', 'closed'] as const)('from a client that leaves, onError %s: 499', async (on) => {
    let isAborted = false;
    const running = await fixture.start({
      policies: {
        reader: {
          acts: {
            validate: async ({ requestBody, signal }) => {
              signal.addEventListener('abort', () => (isAborted = true));
              await requestBody.read({ maxBytes: 100 });
              return undefined;
            },
          },
        },
      },
      attached: { onError: on },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nle');
    await eventually(() => running.buffers.used > 0);
    client.reset();
    expect(await running.line(0)).toMatchObject({ status: 499, source: 'client' });
    expect([isAborted, running.notes.policyFaults]).toEqual([true, []]);
    expect(fixture.origin.requests).toEqual([]);
  });

  it('beyond the memory of the process, or of one caller: 503 with Retry-After', async () => {
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 1_000_000 }) },
      attached: { onError: 'open' },
      fixture: { maxBufferedBytes: 400_000 },
    });
    const response = await running.send(post(Buffer.alloc(200_000)));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(JSON.parse(response.body)).toMatchObject({ code: 'content_buffers_full' });
    expect(running.notes.policyFaults).toEqual([]);
    expect(running.buffers.refused).toBeGreaterThan(0);
    expect((await running.send(post(Buffer.alloc(50_000)))).status).toBe(200);
    // Many requests at the same time hold no more than the share of their caller, and few chunks.
    const many = await Promise.all(Array.from({ length: 20 }, () => running.connect()));
    let most = 0;
    for (const client of many) {
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90001\r\n\r\n');
      for (let part = 0; part < 9; part++) client.send(Buffer.alloc(10_000));
    }
    await eventually(() => {
      most = Math.max(most, running.buffers.used);
      return running.lines.filter(({ status }) => status === 503).length > 10;
    });
    expect(most).toBeLessThan(100_000 + 20 * 65_536);
    for (const client of many) client.close();
    await eventually(() => running.buffers.used === 0);
  });
});
