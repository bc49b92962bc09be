import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deny, type RequestPhase, type ResponseHead } from '@sluice/policy-sdk';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy, type Act, type RecordingOptions } from './testing/recording-policy.ts';

const failsNow: Act = () => {
  throw new Error('store.internal:6379 is gone');
};
const failsLater: Act = () => Promise.reject(new Error('store.internal:6379 is gone'));

describe('a policy that fails', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture | undefined;
  let entries: string[];

  beforeEach(async () => {
    origin = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nX-From: upstream\r\nContent-Length: 2\r\n\r\nok',
    );
    entries = [];
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
  });

  const start = (
    options: RecordingOptions,
    attachment: { mode?: 'shadow'; onError?: 'open' | 'closed' } = {},
  ): Promise<ProxyFixture> =>
    ProxyFixture.start({
      policies: [recordingPolicy((entry) => entries.push(entry), options)],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/orders/*'],
          service: 'service-orders',
          policies: [{ name: 'recording', ...attachment }],
        }),
        resource('route', {
          name: 'refused',
          paths: ['/refused'],
          policies: [
            { name: 'recording', ...attachment },
            { name: 'static-response', config: { status: 200 } },
          ],
        }),
      ],
    });

  const phases: readonly RequestPhase[] = [
    'receive',
    'authenticate',
    'authorize',
    'limit',
    'validate',
    'transform',
    'answer',
  ];

  it.each(
    phases.flatMap((phase) => [
      ['now', phase, failsNow] as const,
      ['later', phase, failsLater] as const,
    ]),
  )(
    'without onError, %s, in %s: 500 that tells the client nothing, and a line that tells us',
    async (_, phase, act) => {
      proxy = await start({ acts: { [phase]: act } });
      const response = await proxy.get('/orders/1');
      expect(response.status).toBe(500);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'internal_error', status: 500 });
      expect(response.head + response.body).not.toContain('store.internal');
      expect(await proxy.line(0)).toMatchObject({
        status: 500,
        code: 'internal_error',
        source: 'gateway',
      });
      expect(proxy.notes.faults).toEqual([
        expect.objectContaining({ message: 'store.internal:6379 is gone' }),
      ]);
      expect(entries.at(-1)).toBe('settle');
      expect(origin.connections).toHaveLength(0);
      expect(proxy.counted('sluice_errors_total', { code: 'internal_error' })).toBe(1);
    },
  );

  it.each([failsNow, failsLater])(
    'with onError closed: 503, and the request is not forwarded',
    async (act) => {
      proxy = await start({ onError: 'closed', acts: { limit: act } });
      const response = await proxy.get('/orders/1');
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.body).not.toContain('store.internal');
      expect(await proxy.line(0)).toMatchObject({
        status: 503,
        code: 'policy_failed',
        source: 'gateway',
      });
      expect(proxy.notes.policyFaults).toEqual([
        {
          policy: 'recording',
          fault: expect.objectContaining({ message: 'store.internal:6379 is gone' }),
        },
      ]);
      expect(origin.connections).toHaveLength(0);
    },
  );

  it.each([failsNow, failsLater])('with onError open: the request continues', async (act) => {
    proxy = await start({ onError: 'closed', acts: { limit: act } }, { onError: 'open' });
    expect((await proxy.get('/orders/1')).status).toBe(200);
    expect(proxy.notes.policyFaults).toHaveLength(1);
    expect(proxy.notes.faults).toEqual([]);
  });

  const failOnResponse = (): void => {
    throw new Error('the template is broken');
  };

  it.each([
    ['the upstream’s', '/orders/1'],
    ['our own', '/refused'],
    ['a refusal', '/orders/denied'],
  ])(
    'in respond, on %s response: 500 without the policy, never a process that ends',
    async (_, path) => {
      proxy = await start({
        respond: failOnResponse,
        acts: {
          validate: (exchange) =>
            exchange.path.endsWith('denied') ? deny('forbidden') : undefined,
        },
      });
      const client = await proxy.connect();
      for (let turn = 0; turn < 2; turn++) {
        const response = await client
          .send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
          .readResponse();
        expect(response.status).toBe(500);
        expect(JSON.parse(response.body)).toMatchObject({ code: 'internal_error' });
        expect(response.headers.has('x-from')).toBe(false);
        expect(response.headers.get('x-request-id')).toBe((await proxy.line(turn))['requestId']);
        expect(proxy.lines[turn]).toMatchObject({
          status: 500,
          code: 'internal_error',
          source: 'gateway',
        });
      }
      expect(proxy.notes.faults[0]).toMatchObject({ message: 'the template is broken' });
      expect(entries.filter((entry) => entry === 'settle')).toHaveLength(2);
    },
  );

  it('in respond with onError closed: 503; with open: the response is unchanged', async () => {
    proxy = await start({ onError: 'closed', respond: failOnResponse });
    expect((await proxy.get('/orders/1')).status).toBe(503);
    await proxy.stop();
    proxy = await start({ onError: 'closed', respond: failOnResponse }, { onError: 'open' });
    const response = await proxy.get('/orders/1');
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    expect(proxy.notes.policyFaults).toHaveLength(1);
  });

  it('in respond in shadow mode: the response is unchanged', async () => {
    proxy = await start({ respond: failOnResponse }, { mode: 'shadow' });
    expect(await proxy.get('/orders/1')).toMatchObject({ status: 200, body: 'ok' });
    expect(proxy.notes).toMatchObject({ faults: [], policyFaults: [{ policy: 'recording' }] });
  });

  it('in respond, on a failure of the upstream: 500, so that the request gets a response', async () => {
    proxy = await start({ respond: failOnResponse });
    origin.stop();
    expect((await proxy.get('/orders/1')).status).toBe(500);
  });

  it.each([
    ['a status that is none', 42],
    ['the status of an interim response', 103],
    ['a status beyond 599', 600],
  ])('making %s of a response: 503, and nothing of it reaches the client', async (_, status) => {
    proxy = await start({ respond: (_exchange, response) => void (response.status = status) });
    expect((await proxy.get('/orders/1')).status).toBe(503);
    expect(await proxy.line(0)).toMatchObject({ status: 503, code: 'policy_failed' });
  });

  it.each([
    [
      'a line break in a value',
      (response: ResponseHead): void => response.headers.set('X-Split', 'a\r\nSet-Cookie: b=c'),
    ],
    ['a name that is none', (response: ResponseHead): void => response.headers.set('X Split', 'a')],
  ])('making %s of a response: 500, and nothing of it reaches the client', async (_, respond) => {
    proxy = await start({ respond: (_exchange, response) => respond(response) });
    const response = await proxy.get('/orders/1');
    expect(response.status).toBe(500);
    expect(response.head.toLowerCase()).not.toContain('split');
    expect(response.head).not.toContain('Set-Cookie');
    expect((await proxy.line(0))['status']).toBe(500);
  });

  it('the client and the log get the response head that a policy has changed', async () => {
    proxy = await start({
      respond: (_exchange, response) => {
        response.status = 203;
        response.headers.remove('x-from');
      },
    });
    const response = await proxy.get('/orders/1');
    expect(response).toMatchObject({ status: 203, body: 'ok' });
    expect(response.headers.has('x-from')).toBe(false);
    expect(await proxy.line(0)).toMatchObject({ status: 203, source: 'upstream' });
  });

  it('in settle: the client has its response, the fault is logged, and the access log line is written', async () => {
    proxy = await start({
      settle: () => {
        throw new Error('cannot count');
      },
    });
    expect((await proxy.get('/orders/1')).status).toBe(200);
    expect(await proxy.line(0)).toMatchObject({ status: 200 });
    expect(proxy.notes.policyFaults).toEqual([
      { policy: 'recording', fault: expect.objectContaining({ message: 'cannot count' }) },
    ]);
  });
});
