import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { deny, reply, type PolicyHooks } from '@sluice/policy-sdk';
import { readAnswer } from '../listener/testing/http2-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { BodyFixture, later } from './testing/body-fixture.ts';
import { ContentOrigin } from './testing/content-origin.ts';
import type { RecordingOptions } from './testing/recording-policy.ts';

type Respond = NonNullable<PolicyHooks['respond']>;

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('a policy of the respond phase', () => {
  const fixture = new BodyFixture();

  afterEach(async () => expect(await fixture.stop()).toBe(0));

  /** The upstream answers "content"; /denied is refused. */
  async function start(
    respond: Respond,
    attached: { onError?: 'open' | 'closed'; mode?: 'shadow' } = {},
    options: RecordingOptions = {},
  ) {
    const origin = await ContentOrigin.start((_, response) => void response.end('content'));
    const acts = {
      validate: ({ path }: { readonly path: string }) =>
        path === '/denied' ? deny('forbidden') : undefined,
    };
    return fixture.start(
      {
        policies: { policy: { respond, acts, ...options } },
        attached,
        fixture: { policyTimeoutMs: 60 },
      },
      origin,
    );
  }

  it('sees the head as the client will, with the fields of the gateway', async () => {
    const seen: unknown[] = [];
    const running = await start(({ requestId }, { status, headers, origin }) => {
      seen.push([status, origin, headers.get('x-request-id') === requestId, headers.has('via')]);
    });
    await running.send(get());
    await running.send(get('/denied'));
    expect(seen).toEqual([
      [200, 'upstream', true, true],
      [403, 'gateway', true, false],
    ]);
  });

  it('waits, and changes the head then', async () => {
    const running = await start(async (_, response) => {
      await later(5);
      response.headers.set('X-Late', '1');
      response.status += 1;
    });
    const client = await running.connect();
    for (const [path, status] of [
      ['/', 201],
      ['/denied', 404],
      ['/', 201],
    ] as const) {
      const response = await client.send(get(path)).readResponse();
      expect([response.status, response.headers.get('x-late')]).toEqual([status, '1']);
    }
    expect(await running.line(1)).toMatchObject({ status: 404, code: 'forbidden' });
  });

  it.each([
    ['at once', false],
    ['later', true],
  ])('answers %s, and does not run again for its reply', async (_, waits) => {
    let runs = 0;
    const running = await start(
      (exchange) => {
        runs++;
        const own = reply(299, [['X-Mine', '1']], `instead for ${exchange.path}`);
        return waits ? later(5).then(() => own) : own;
      },
      {},
      {
        acts: {
          receive: (exchange) => {
            exchange.addResponseHeader('X-Added', '1');
            return exchange.path === '/denied' ? deny('forbidden') : undefined;
          },
        },
      },
    );
    const client = await running.connect();
    for (const path of ['/', '/denied', '/']) {
      const response = await client.send(get(path)).readResponse();
      expect(response).toMatchObject({ status: 299, body: `instead for ${path}` });
      expect(response.headers.get('x-mine')).toBe('1');
      expect(response.headers.get('x-added')).toBe('1');
      expect(response.headers.has('x-request-id')).toBe(true);
    }
    expect(runs).toBe(3);
    expect(await running.line(1)).toMatchObject({ status: 299, source: 'gateway' });
    expect(running.lines[1]).not.toHaveProperty('code');
  });

  it('answers over HTTP/2', async () => {
    const running = await start(async () => {
      await later(5);
      return reply(299, [], 'instead');
    });
    const session = connect(`http://127.0.0.1:${running.port}`);
    const stream = session.request({ ':authority': 'a' });
    expect(await readAnswer(stream)).toMatchObject({ status: 299, body: 'instead' });
    session.destroy();
  });

  const faults: readonly (readonly [string, Respond])[] = [
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['takes too long', () => new Promise(() => undefined)],
    ['answers nonsense', () => 7 as never],
    ['answers nonsense later', () => Promise.resolve({} as never)],
  ];

  it.each(faults)('that %s, onError open: the response as it was', async (_, respond) => {
    const running = await start(respond, { onError: 'open' });
    expect(await running.send(get())).toMatchObject({ status: 200, body: 'content' });
    expect((await running.send(get('/denied'))).status).toBe(403);
    expect(running.notes.policyFaults).toHaveLength(2);
  });

  it.each(faults)('that %s, onError closed: 503', async (_, respond) => {
    const running = await start(respond, { onError: 'closed' });
    for (const path of ['/', '/denied']) {
      const response = await running.send(get(path));
      expect(JSON.parse(response.body)).toMatchObject({ status: 503, code: 'policy_failed' });
      expect(response.headers.get('retry-after')).toBe('1');
    }
    expect(running.notes.policyFaults).toHaveLength(2);
  });

  it.each(faults.slice(0, 2))('that %s, without onError: 500', async (_, respond) => {
    const running = await start(respond);
    for (const path of ['/', '/denied']) expect((await running.send(get(path))).status).toBe(500);
  });

  it.each(faults)('that %s in shadow mode: the response as it was', async (_, respond) => {
    const running = await start(respond, { mode: 'shadow' });
    expect(await running.send(get())).toMatchObject({ status: 200, body: 'content' });
    expect((await running.send(get('/denied'))).status).toBe(200);
  });

  it('in shadow mode answers nothing; the log says that it would have', async () => {
    const running = await start(async () => reply(299), { mode: 'shadow' });
    expect((await running.send(get())).status).toBe(200);
    expect(await running.line(0)).toMatchObject({ shadow: ['policy'] });
  });

  it.each(['/', '/denied'])('is told when the client leaves, %s', async (path) => {
    let begun = false;
    let isAborted = false;
    const running = await start(async ({ signal }) => {
      begun = true;
      signal.addEventListener('abort', () => (isAborted = true));
      await later(40);
      return reply(200);
    });
    const client = await running.connect();
    client.send(get(path));
    await eventually(() => begun);
    client.reset();
    expect(await running.line(0)).toMatchObject({ status: 499, source: 'client' });
    expect(isAborted).toBe(true);
    await later(60);
    expect(running.lines).toHaveLength(1);
    expect(running.notes).toEqual({ faults: [], policyFaults: [], failures: [] });
  });

  it('that takes too long changes nothing of a later response', async () => {
    const late: (() => void)[] = [];
    const running = await start(
      (exchange, response) => {
        if (exchange.path !== '/late') return undefined;
        late.push(() => {
          response.headers.set('X-Late', '1');
          response.status = 299;
        });
        return new Promise(() => undefined);
      },
      { onError: 'open' },
    );
    for (const path of ['/late', '/', '/late', '/']) {
      const response = await running.send(get(path));
      expect([response.status, response.headers.has('x-late')]).toEqual([200, false]);
      for (const act of late) act();
    }
  });

  it('keeps the upstream’s timers from ending a response that it works on', async () => {
    const raw = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const running = await fixture.start({
      policies: { policy: { respond: () => later(1_200) } },
      targets: [raw.address],
      service: { timeouts: { idleMs: 500, totalMs: 1_000, firstByteMs: 1_000, connectMs: 1_000 } },
    });
    const client = await running.connect();
    for (let turn = 0; turn < 2; turn++)
      expect(await client.send(get()).readResponse()).toMatchObject({ status: 200, body: 'ok' });
    expect(raw.connections).toHaveLength(1);
    raw.stop();
  });
});
