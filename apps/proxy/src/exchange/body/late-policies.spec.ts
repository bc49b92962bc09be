import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Exchange, ReadContent } from '@sluice/policy-sdk';
import { readAnswer } from '../../listener/testing/http2-fixture.ts';
import { eventually } from '../../listener/testing/running-listener.ts';
import { BodyFixture, later, post } from '../testing/body-fixture.ts';
import type { ProxyFixture } from '../testing/proxy-fixture.ts';

/** A policy that never ends its hook for /late, and acts on that exchange when a test says so. */
class LatePolicy {
  readonly exchanges: Exchange[] = [];
  readonly pending: Promise<ReadContent>[] = [];

  readonly validate = (exchange: Exchange): Promise<undefined> | undefined => {
    if (exchange.path !== '/late') return undefined;
    this.exchanges.push(exchange);
    // A read that is under way when the time is over.
    this.pending.push(exchange.requestBody.read({ maxBytes: 4, over: 'partial' }));
    return new Promise(() => undefined);
  };

  /** Acts on all exchanges that are over. */
  act(): Promise<PromiseSettledResult<ReadContent>[]> {
    for (const { requestBody, headers } of this.exchanges) {
      requestBody.replace('late content', 'text/late');
      headers.set('X-Late', '1');
    }
    const reads = this.exchanges.map(({ requestBody }) => requestBody.read({ maxBytes: 100 }));
    return Promise.allSettled([...this.pending, ...reads]);
  }
}

describe('a policy that acts on content after its time', () => {
  const fixture = new BodyFixture();
  let policy: LatePolicy;

  afterEach(async () => expect(await fixture.stop()).toBe(0));

  function start(mode?: 'shadow'): Promise<ProxyFixture> {
    policy = new LatePolicy();
    return fixture.start({
      policies: { late: { onError: 'open', acts: { validate: policy.validate } } },
      attached: mode === undefined ? {} : { mode },
      fixture: { policyTimeoutMs: 40 },
    });
  }

  function expectUnchanged(...bodies: readonly string[]): void {
    expect(fixture.origin.requests.map(({ body }) => body.toString())).toEqual(bodies);
    for (const { headers } of fixture.origin.requests) {
      expect(headers).not.toHaveProperty('x-late');
      expect(headers['content-type']).toBeUndefined();
    }
  }

  it('changes neither its own request nor the next one, over HTTP/1.1', async () => {
    const running = await start();
    const client = await running.connect();
    client.send(post('first').toString().replace('/', '/late'));
    expect(await client.readResponse()).toMatchObject({ status: 200, body: '5' });
    await policy.act();
    // The connection does not serve another request after a timeout.
    expect(await client.readToEnd()).toBe('');
    const next = await running.connect();
    next.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nne');
    await later(20);
    const reads = await policy.act();
    expect(await next.send('xt').readResponse()).toMatchObject({ status: 200, body: '4' });
    expect(reads.slice(1).map(({ status }) => status)).toEqual(['rejected']);
    expectUnchanged('first', 'next');
  });

  it('changes no other request of an HTTP/2 connection', async () => {
    const running = await start();
    const session = connect(`http://127.0.0.1:${running.port}`);
    const ask = (path: string) =>
      session.request({ ':method': 'POST', ':path': path, ':authority': 'a' });
    const first = ask('/late');
    const answer = readAnswer(first);
    first.end('first');
    expect(await answer).toMatchObject({ status: 200, body: '5' });
    const next = ask('/');
    const nextAnswer = readAnswer(next);
    next.write('ne');
    await later(20);
    const reads = await policy.act();
    next.end('xt');
    expect(await nextAnswer).toMatchObject({ status: 200, body: '4' });
    expect(reads.slice(1).map(({ status }) => status)).toEqual(['rejected']);
    expectUnchanged('first', 'next');
    session.destroy();
  });

  it('ends its read when it times out while it still waits for its own work', async () => {
    const running = await start();
    const client = await running.connect();
    // The client sends 3 of 5 bytes, so the read waits; that time does not count.
    client.send('POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfir');
    await later(120);
    expect(running.notes.policyFaults).toEqual([]);
    expect(await client.send('st').readResponse()).toMatchObject({ status: 200, body: '5' });
    expect(running.notes.policyFaults).toHaveLength(1);
    expectUnchanged('first');
  });

  it('in shadow mode delays a slow upload by its time limit, and no longer', async () => {
    const running = await start('shadow');
    const client = await running.connect();
    client.send('POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfir');
    await later(120);
    expect(running.notes.policyFaults).toHaveLength(1);
    expect((await Promise.allSettled(policy.pending)).map(({ status }) => status)).toEqual([
      'rejected',
    ]);
    await policy.act();
    expect(await client.send('st').readResponse()).toMatchObject({ status: 200, body: '5' });
    expectUnchanged('first');
    // The connection is kept: a policy in shadow mode has no effect on it.
    expect(await client.send(post('next')).readResponse()).toMatchObject({ status: 200 });
  });
});

describe('a policy in shadow mode that reads', () => {
  const fixture = new BodyFixture();

  afterEach(async () => expect(await fixture.stop()).toBe(0));

  it('cannot begin to read after its time', async () => {
    let late: Exchange | undefined;
    const running = await fixture.start({
      policies: {
        late: {
          acts: {
            authorize: (exchange) => {
              late = exchange;
              return new Promise(() => undefined);
            },
          },
        },
      },
      attached: { mode: 'shadow' },
      fixture: { policyTimeoutMs: 30 },
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nco');
    await eventually(() => running.notes.policyFaults.length === 1);
    await expect(late?.requestBody.read({ maxBytes: 4 })).rejects.toThrow('after a timeout');
    expect(await client.send('nt').readResponse()).toMatchObject({ status: 200, body: '4' });
  });

  it('replaces nothing, refuses nothing, and cannot change the bytes', async () => {
    const seen: string[] = [];
    const running = await fixture.start({
      policies: {
        changes: {
          acts: {
            validate: async ({ requestBody }) => {
              const { bytes } = await requestBody.read({ maxBytes: 100 });
              bytes.fill(0x78);
              requestBody.replace('other');
              const own = await requestBody.read({ maxBytes: 100 });
              seen.push(Buffer.from(own.bytes).toString());
              return undefined;
            },
          },
          received: async (_, { body, headers }) => {
            const { bytes } = await body.read({ maxBytes: 100 });
            bytes.fill(0x78);
            seen.push(
              String(body.replace('other')),
              String(body.transform({ chunk: () => undefined })),
            );
            headers.set('X-Shadow', '1');
          },
        },
        refuses: {
          acts: {
            validate: async ({ requestBody }) => {
              await requestBody.read({ maxBytes: 2 });
              return undefined;
            },
          },
          received: async (_, { body }) => void (await body.read({ maxBytes: 0 })),
        },
      },
      attached: { mode: 'shadow' },
    });
    const response = await running.send(post('content'));
    expect(response).toMatchObject({ status: 200, body: '7' });
    expect(response.headers.has('x-shadow')).toBe(false);
    expect(fixture.origin.last.body.toString()).toBe('content');
    expect(seen).toEqual(['other', 'true', 'true']);
    expect(await running.line(0)).toMatchObject({ shadow: ['refuses', 'refuses'] });
    expect(running.notes.policyFaults).toEqual([]);
  });

  it('passes content through that the memory has no room for', async () => {
    const running = await fixture.start({
      policies: {
        reader: {
          acts: {
            validate: async ({ requestBody }) => {
              await requestBody.read({ maxBytes: 1_000_000 });
              return undefined;
            },
          },
        },
      },
      attached: { mode: 'shadow' },
      fixture: { maxBufferedBytes: 100_000 },
    });
    const response = await running.send(post(Buffer.alloc(500_000)));
    expect(response).toMatchObject({ status: 200, body: '500000' });
    expect(running.buffers.refused).toBeGreaterThan(0);
    expect(await running.line(0)).not.toHaveProperty('code');
  });
});
