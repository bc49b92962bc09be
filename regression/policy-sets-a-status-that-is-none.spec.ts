import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { reply, type HeaderPair, type PolicyHooks } from '@sluice/policy-sdk';
import { BodyFixture, later } from '../apps/proxy/src/exchange/testing/body-fixture.ts';
import { ContentOrigin } from '../apps/proxy/src/exchange/testing/content-origin.ts';
import type { RecordingOptions } from '../apps/proxy/src/exchange/testing/recording-policy.ts';
import { readAnswer } from '../apps/proxy/src/listener/testing/http2-fixture.ts';

type Respond = NonNullable<PolicyHooks['respond']>;
type OnError = 'open' | 'closed';

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/**
 * A policy that set `response.status` to 103 made an interim response with content: the client read
 * the content as the next response. Replies and statuses that no message can have became a 500 that
 * ignored `onError` and named no policy.
 */
describe('a policy that makes a response which cannot be sent', () => {
  const fixture = new BodyFixture();
  afterEach(async () => expect(await fixture.stop()).toBe(0));

  async function start(policy: RecordingOptions, onError: OnError | undefined) {
    const origin = await ContentOrigin.start((_, response) => void response.end('hello world'));
    const attached = onError === undefined ? {} : { onError };
    const policies = { policy };
    return fixture.start({ policies, attached, fixture: { policyTimeoutMs: 60 } }, origin);
  }

  const settings: readonly (readonly [string, unknown])[] = [
    ['100', 100],
    ['101', 101],
    ['103', 103],
    ['199', 199],
    ['600', 600],
    ['999', 999],
    ['0', 0],
    ['text', 'abc'],
    ['digits as text', '204'],
    ['a fraction', 200.5],
    ['NaN', NaN],
    ['null', null],
    ['a symbol', Symbol('status')],
  ];
  const setting = (status: unknown): Respond => {
    return (_, response) => void (response.status = status as number);
  };
  const settingLater = (status: unknown): Respond => {
    return async (_, response) => {
      response.status = status as number;
      await later(1);
    };
  };
  const hooks: [string, RecordingOptions][] = settings.map(([name, status]) => [
    `respond sets ${name}`,
    { respond: setting(status) },
  ]);
  for (const status of [103, 'abc']) {
    hooks.push(
      [`respond sets ${status} and waits`, { respond: settingLater(status) }],
      [`received sets ${status}`, { received: setting(status) as never }],
      [`received sets ${status} and waits`, { received: settingLater(status) as never }],
    );
  }
  hooks.push(
    [
      'respond sets 103 and throws',
      {
        respond: (_, response) => {
          response.status = 103;
          throw new Error('broken');
        },
      },
    ],
    [
      'respond sets 103 and takes too long',
      {
        respond: (_, response) => {
          response.status = 103;
          return new Promise(() => undefined);
        },
      },
    ],
  );

  const replying = (...given: Parameters<typeof reply>): RecordingOptions => ({
    acts: { validate: () => reply(...given) },
  });
  const pairs = (...headers: unknown[]): HeaderPair[] => headers as HeaderPair[];
  const replies: readonly (readonly [string, RecordingOptions])[] = [
    ['a value with a line break', replying(200, [['X-Bad', 'a\r\nInjected: 1']], 'x')],
    ['a value that becomes a line break', replying(200, [['X-Bad', 'a\u010d\u010aInjected: 1']])],
    ['a name with a line break', replying(200, [['X-Bad\r\nInjected', '1']], 'x')],
    ['an empty name', replying(200, [['', '1']])],
    ['a name with a colon', replying(200, [[':status', '1']])],
    ['a value that is no string', replying(200, pairs(['X-Bad', undefined]))],
    ['a header that is no pair', replying(200, pairs(null))],
    ['content that is an object', replying(200, [], {} as never)],
    ['content that is null', replying(200, [], null as never)],
    ['status 101', replying(101)],
    ['status 999', replying(999)],
  ];
  const fields: readonly (readonly [string, RecordingOptions])[] = [
    [
      'adds a response field with a line break',
      { acts: { receive: (exchange) => void exchange.addResponseHeader('X', 'a\r\nb') as never } },
    ],
    [
      'sets a response field whose name is none',
      { acts: { receive: (exchange) => void exchange.setResponseHeader('X\r\nY', 'a') as never } },
    ],
  ];
  const responseField: RecordingOptions = {
    respond: (_, response) => response.headers.set('X-Bad', 'a\r\nInjected: 1'),
  };

  it.each([
    ...hooks,
    ...replies.map(([name, policy]) => [`replies with ${name}`, policy] as const),
    ...fields,
    ['sets a field of the response with a line break', responseField] as const,
  ])('%s, onError open: the response as it was; closed: 503', async (_, policy) => {
    let running = await start(policy, 'open');
    let client = await running.connect();
    for (let turn = 0; turn < 2; turn++) {
      const response = await client.send(request).readResponse();
      if (response.headers.get('connection') === 'close') client = await running.connect();
      expect(response).toMatchObject({ status: 200, body: 'hello world' });
      expect(response.head).not.toMatch(/injected/i);
    }
    expect(running.notes.policyFaults).toMatchObject([{ policy: 'policy' }, { policy: 'policy' }]);
    expect(running.notes.faults).toEqual([]);
    await fixture.stop();
    running = await start(policy, 'closed');
    const response = await running.send(request);
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'policy_failed' });
    expect(await running.line(0)).toMatchObject({ status: 503, code: 'policy_failed' });
    expect(running.notes.faults).toEqual([]);
  });

  it.each([
    ...hooks.filter(([name]) => !name.endsWith('throws')),
    ...replies.map(([name, policy]) => [`replies with ${name}`, policy] as const),
  ])('%s, without onError: 503, and the log names the policy', async (_, policy) => {
    const running = await start(policy, undefined);
    let client = await running.connect();
    for (let turn = 0; turn < 2; turn++) {
      const response = await client.send(request).readResponse();
      if (response.headers.get('connection') === 'close') client = await running.connect();
      expect(response.status).toBe(503);
      expect(JSON.parse(response.body)).toMatchObject({ code: 'policy_failed' });
      const line = await running.line(turn);
      expect(line).toMatchObject({ status: 503, code: 'policy_failed' });
      expect(line['reason']).toContain('policy "policy"');
    }
    expect(client.received).toHaveLength(0);
  });

  it('over HTTP/2: 503', async () => {
    const running = await start({ respond: setting(103) }, undefined);
    const session = connect(`http://127.0.0.1:${running.port}`);
    expect(await readAnswer(session.request({ ':authority': 'a' }))).toMatchObject({ status: 503 });
    session.destroy();
  });

  it('sets the status after its hook has ended: no message of 1xx has content', async () => {
    const running = await start(
      {
        received: (_, response) => {
          setTimeout(() => (response.status = 103), 5);
          return later(1) as never;
        },
        respond: (_, response) => {
          const set = (): void => void (response.status = 103);
          queueMicrotask(() => queueMicrotask(() => queueMicrotask(set)));
          return Promise.resolve(undefined);
        },
      },
      'open',
    );
    const client = await running.connect();
    for (let turn = 0; turn < 2; turn++) {
      const response = await client.send(request).readResponse();
      expect([200, 500]).toContain(response.status);
    }
    expect(client.received).toHaveLength(0);
  });
});
