import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Exchange, KeyOwner, ResponseHead } from '@sluice/policy-sdk';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import {
  recordingPolicy,
  type RecordingOptions,
} from '../apps/proxy/src/exchange/testing/recording-policy.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const hash = createHash('sha256').update('key-of-alice-0123456789').digest('hex');
const request = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`;

describe('a policy that acts on an exchange late', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;
  /** What late hooks do as soon as the test starts them. */
  let late: (() => void)[];

  beforeEach(async () => {
    late = [];
    origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = async (options: RecordingOptions, attachment: object = {}): Promise<ProxyFixture> =>
    (proxy = await ProxyFixture.start({
      policyTimeoutMs: 50,
      policies: [recordingPolicy(() => undefined, options)],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'slow',
          paths: ['/slow'],
          service: 'service-orders',
          policies: [{ name: 'recording', ...attachment }],
        }),
        resource('route', { name: 'open', paths: ['/open'], service: 'service-orders' }),
        resource('consumer', { username: 'alice' }),
        resource('credential', {
          type: 'key',
          name: 'alice',
          consumer: 'consumer-alice',
          hash,
          prefix: 'key-of',
        }),
      ],
    }));
  const alice = (): KeyOwner => proxy?.target.runtime.findKey(hash) as KeyOwner;

  /** Makes every change that a policy can make to an exchange. */
  function actOn(exchange: Exchange): void {
    const { consumer, credential } = alice();
    exchange.identify(consumer, credential);
    exchange.headers.set('X-Forged', '1');
    exchange.headers.remove('host');
    exchange.addResponseHeader('X-Forged', '1');
    exchange.setResponseHeader('X-Forged', '2');
    exchange.limitContent(0);
  }

  /** Waits until the test starts the hook, for longer than the time limit. */
  const waits = (exchange: Exchange): Promise<undefined> =>
    new Promise((resolve) => {
      late.push(() => {
        actOn(exchange);
        resolve(undefined);
      });
    });

  const expectUntouched = (sent: string, response: { status: number; head: string }): void => {
    expect(response.status).toBe(200);
    expect(response.head.toLowerCase()).not.toContain('x-forged');
    expect(sent.toLowerCase()).not.toMatch(/x-forged|x-consumer/);
  };
  const lastSent = (): string => origin.connections.at(-1)?.received.split('\r\n\r\n').at(-2) ?? '';

  it.each([
    ['receive', 'closed'],
    ['authenticate', 'closed'],
    // Authentication never fails open.
    ['authenticate', 'open'],
    ['limit', 'closed'],
    ['transform', 'closed'],
    ['answer', 'closed'],
  ] as const)(
    'after its time-out in %s with onError %s: 503, the connection closes, and a pipelined request is not answered',
    async (phase, onError) => {
      const running = await start({ onError, acts: { [phase]: waits } });
      const client = await running.connect();
      const response = await client.send(request('/slow') + request('/open')).readResponse();
      expect(response.status).toBe(503);
      expect(response.headers.get('connection')).toBe('close');
      for (const act of late) act();
      expect(await client.readToEnd()).toBe('');
      expect(origin.connections).toHaveLength(0);
      expect(await running.line(0)).not.toHaveProperty('consumer', 'alice');
    },
  );

  it.each(['receive', 'limit', 'transform', 'answer'] as const)(
    'after its time-out in %s with onError open: the request continues, and the hook cannot affect it',
    async (phase) => {
      const running = await start({
        onError: 'open',
        acts: { [phase]: waits },
        respond: () => late.forEach((act) => act()),
      });
      const client = await running.connect();
      // The hook acts while the request is in progress: the respond hook runs before the head is
      // sent.
      const response = await client.send(request('/slow')).readResponse();
      expectUntouched(lastSent(), response);
      expect(late).toHaveLength(1);
      expect(response.headers.get('connection')).toBe('close');
      expect(await client.readToEnd()).toBe('');
      expect(await running.line(0)).not.toHaveProperty('consumer', 'alice');
    },
  );

  it('over HTTP/2: the stream is answered, and other streams of the connection are not affected', async () => {
    const running = await start({ onError: 'closed', acts: { authenticate: waits } });
    const session = connect(`http://127.0.0.1:${running.port}`);
    const statusOf = async (path: string): Promise<unknown> => {
      const stream = session.request({ ':path': path });
      const [headers] = (await once(stream.resume(), 'response')) as [
        Readonly<Record<string, unknown>>,
      ];
      return headers[':status'];
    };
    const slow = statusOf('/slow');
    expect(await statusOf('/open')).toBe(200);
    expect(await slow).toBe(503);
    late.forEach((act) => act());
    expect(await statusOf('/open')).toBe(200);
    expect(
      origin.connections
        .map(({ received }) => received)
        .join('')
        .toLowerCase(),
    ).not.toMatch(/x-forged|x-consumer/);
    session.close();
  });

  it('two consecutive policies that time out: the request still continues', async () => {
    const running = await start({ onError: 'open', acts: { receive: waits, authorize: waits } });
    const response = await running.send(request('/slow'));
    late.forEach((act) => act());
    expectUntouched(lastSent(), response);
    expect(late).toHaveLength(2);
    expect(running.notes.policyFaults).toHaveLength(2);
  });

  it('in shadow mode: neither this request nor the next one is affected', async () => {
    const running = await start({ acts: { authenticate: waits } }, { mode: 'shadow' });
    const client = await running.connect();
    expectUntouched(lastSent(), await client.send(request('/slow')).readResponse());
    late.forEach((act) => act());
    expectUntouched(lastSent(), await client.send(request('/open')).readResponse());
  });

  it.each(['receive', 'settle'] as const)(
    'an exchange kept in %s is not reused for the next request of the connection',
    async (phase) => {
      const keep = (exchange: Exchange): undefined => {
        if (exchange.path === '/slow') late.push(() => actOn(exchange));
        return undefined;
      };
      const running = await start(
        phase === 'settle' ? { settle: keep } : { acts: { receive: keep } },
      );
      const client = await running.connect();
      expect((await client.send(request('/slow')).readResponse()).status).toBe(200);
      await running.line(0);
      // Between the requests, and in the middle of the head of the next one.
      late.forEach((act) => act());
      client.send('GET /open HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\n');
      await new Promise((resolve) => setTimeout(resolve, 20));
      late.forEach((act) => act());
      const response = await client.send('\r\n').readResponse();
      expectUntouched(lastSent(), response);
      expect(lastSent()).toContain('X-Own: 1');
      expect(await running.line(1)).not.toHaveProperty('consumer', 'alice');
    },
  );

  it('a kept exchange still describes its request', async () => {
    const kept: Exchange[] = [];
    const running = await start({ settle: (exchange) => void kept.push(exchange) });
    const client = await running.connect();
    await client.send(request('/slow', 'X-Own: 1')).readResponse();
    await client.send(request('/open')).readResponse();
    await running.line(1);
    const [first] = kept;
    expect([first?.method, first?.path, first?.host, first?.headers.get('x-own')]).toEqual([
      'GET',
      '/slow',
      'a',
      '1',
    ]);
  });

  it('a kept response is not reused for the next response of the upstream connection', async () => {
    const kept: ResponseHead[] = [];
    const running = await start({ respond: (_exchange, response) => void kept.push(response) });
    expect((await running.send(request('/slow'))).status).toBe(200);
    for (const { headers } of kept) headers.set('X-Forged', '1');
    expectUntouched(lastSent(), await running.send(request('/open')));
  });

  it('the signal of the exchange is aborted on time-out, and when the client leaves', async () => {
    const signals: AbortSignal[] = [];
    const running = await start({
      onError: 'closed',
      acts: {
        receive: ({ signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
    });
    await running.send(request('/slow'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    const client = await running.connect();
    client.send(request('/slow'));
    await eventually(() => signals.length === 2);
    client.reset();
    await eventually(() => signals[1]?.aborted === true);
  });

  it('a rejected promise of a hook that must not wait has no effect', async () => {
    const gone = (): void => Promise.reject(new Error('too late')) as never;
    const running = await start({ settle: gone });
    expect((await running.send(request('/slow'))).status).toBe(200);
    await eventually(() => running.notes.policyFaults.length === 1);
  });

  it('a rejected promise of respond, which may wait, is a fault like an exception', async () => {
    const gone = (): Promise<never> => Promise.reject(new Error('too late'));
    const running = await start({ respond: gone });
    expect((await running.send(request('/slow'))).status).toBe(500);
    expect(String(running.notes.faults[0])).toContain('too late');
  });
});
