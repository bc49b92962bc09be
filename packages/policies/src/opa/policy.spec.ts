import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { OpaServer } from '../../testing/opa-server.ts';
import { TestService, type ReceivedRequest } from '../../testing/test-service.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { opa } from './policy.ts';
import type { opaSchema } from './schema.ts';

type Config = Partial<z.input<typeof opaSchema.config>>;
interface Input {
  readonly request: { readonly path: string; readonly headers: Record<string, string[]> };
  readonly caller: { readonly consumer?: { readonly username: string } };
}

let decision: unknown;
let server: OpaServer;
beforeEach(async () => {
  decision = true;
  server = await OpaServer.start({
    'gateway/allow': () => decision,
    'gateway/owner': ({ request, caller }: Input) =>
      request.path.startsWith(`/${caller.consumer?.username}/`),
  });
});
afterEach(() => server.stop());

const asking = (
  config: Config = {},
  options: { onError?: 'open' | 'closed'; mode?: 'shadow' } = {},
) =>
  new PolicyTester(
    opa,
    { url: server.url, decision: 'gateway/allow', allowPrivateAddresses: true, ...config },
    options,
  );

/** The server answers each call so. */
const answering = (status: number, content: string, more: Record<string, string> = {}): void => {
  server.service.handler = (_request, response) => response.writeHead(status, more).end(content);
};

describe('opa', () => {
  it('describes the request and the caller, without credentials', async () => {
    await asking().send({
      method: 'DELETE',
      scheme: 'https',
      host: 'api.test',
      path: '/orders/1',
      query: 'api_key=s3cret&a=1',
      params: { id: '1' },
      clientAddress: '203.0.113.9',
      headers: { Authorization: 'Bearer s3cret', Cookie: 's3cret', 'X-API-Key': 's3cret' },
      consumer: { username: 'acme', customId: 'a-7', groups: ['gold'] },
    });
    const [{ method, url, body }] = server.service.received as [ReceivedRequest];
    expect([method, url]).toEqual(['POST', '/v1/data/gateway/allow']);
    expect(body).not.toContain('s3cret');
    expect(server.inputs).toEqual([
      {
        request: {
          method: 'DELETE',
          scheme: 'https',
          host: 'api.test',
          path: '/orders/1',
          segments: ['orders', '1'],
          params: { id: '1' },
          query: {},
          headers: {},
        },
        caller: {
          address: '203.0.113.9',
          consumer: {
            id: 'consumer-acme',
            username: 'acme',
            customId: 'a-7',
            groups: ['gold'],
          },
        },
        gateway: 'default',
        service: 'test',
        route: 'test',
      },
    ]);
  });

  it('sends listed headers and parameters with every value, whatever their names', async () => {
    const tester = asking({
      sendHeaders: ['X-Tag', 'Authorization'],
      sendQuery: ['a', '__proto__'],
    });
    await tester.send({
      query: 'a=1&a=2&__proto__=x&a%20b=3&b=4',
      headers: [
        ['X-Tag', 'one'],
        ['x-tag', 'two'],
        ['Authorization', 'Bearer t'],
      ],
    });
    expect(JSON.stringify(server.inputs[0])).toContain(
      '"query":{"a":["1","2"],"__proto__":["x"]},"headers":{"x-tag":["one","two"],"authorization":["Bearer t"]}',
    );
    await asking({ sendQuery: ['*'] }).send({ query: 'a%20b=3&b=4' });
    expect(server.inputs[1]).toMatchObject({ request: { query: { 'a b': ['3'], b: ['4'] } } });
  });

  it('decides by the input', async () => {
    const tester = asking({ decision: 'gateway/owner' });
    const consumer = { username: 'acme' };
    expect((await tester.send({ path: '/acme/1', consumer })).status).toBe(200);
    expect((await tester.send({ path: '/other/1', consumer })).status).toBe(403);
    expect((await tester.send({ path: '/undefined/1' })).status).toBe(200);
  });

  it.each<[string, unknown, number]>([
    ['true', true, 200],
    ['false', false, 403],
    ['an object that allows', { allow: true }, 200],
    ['an object that refuses', { allow: false }, 403],
    ['nothing', undefined, 403],
    ['null', null, 403],
    ['a text', 'true', 403],
    ['a number', 1, 403],
    ['a list', [true], 403],
    ['an object without allow', { allowed: true }, 403],
    ['a text in the object', { allow: 'true' }, 403],
    ['an inherited allow', JSON.parse('{"__proto__":{"allow":true}}'), 403],
  ])('allows for true only: %s', async (_name, result, status) => {
    decision = result;
    for (const onError of ['closed', 'open'] as const)
      expect((await asking({}, { onError }).send()).status).toBe(status);
    if (status === 403)
      expect(await asking({}, { mode: 'shadow' }).send()).toMatchObject({
        status: 200,
        shadow: ['opa'],
      });
  });

  it('counts what was decided', async () => {
    const tester = asking();
    for (const each of [true, false, undefined, 'x']) {
      decision = each;
      await tester.send();
    }
    for (const each of ['allowed', 'refused', 'undefined', 'invalid'])
      expect(tester.metrics.value('sluice_policy_opa_decisions_total', each)).toBe(1);
  });

  it.each([
    [{ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } }, 401, 'unauthorized'],
    [{ status: 404 }, 403, 'forbidden'],
    [{ status: 200 }, 403, 'forbidden'],
    [{ status: '401' }, 403, 'forbidden'],
  ])('refuses with %j as %d', async (more, status, code) => {
    decision = { allow: false, ...more };
    const answer = await asking({ clientHeaders: ['WWW-Authenticate'] }).send();
    expect(answer).toMatchObject({ status, reply: { code }, forwarded: undefined });
    if (status === 401) expect(answer.response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('refuses with 401 and the challenges of the route when the server states none', async () => {
    decision = { allow: false, status: 401 };
    const { reply } = await asking().with(keyAuth, { optional: true }).send();
    expect(reply).toMatchObject({ status: 401, reason: 'denied' });
    expect(reply?.headers).toEqual([
      ['WWW-Authenticate', expect.stringContaining('ApiKey realm="sluice"')],
    ]);
  });

  it('lets a preflight request pass, and no other OPTIONS', async () => {
    decision = false;
    const headers = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' };
    expect((await asking().send({ method: 'OPTIONS', headers })).status).toBe(200);
    expect((await asking().send({ method: 'OPTIONS' })).status).toBe(403);
    expect((await asking().send({ method: 'GET', headers })).status).toBe(403);
  });

  it('hides that a route exists, and tells the reason, where the configuration says so', async () => {
    decision = { allow: false, status: 404, reason: 'not\nyours' };
    const tester = asking({ statuses: [404], showReason: true });
    expect((await tester.send()).reply).toMatchObject({
      code: 'route_not_found',
      detail: 'not yours',
    });
    expect((await asking().send()).reply?.detail).not.toContain('yours');
  });

  it('takes listed headers only, each for its target, and the copies of a client never', async () => {
    const headers = { 'X-Role': 'admin', 'x-tags': ['a', 'b'], 'X-Why': 'w', 'X-Other': 'o' };
    const tester = asking({
      upstreamHeaders: ['X-Role', 'X-Tags', 'X-Absent'],
      clientHeaders: ['X-Why'],
    });
    decision = { allow: true, headers };
    const forged = { 'x-role': 'root', 'X.Role': 'root', 'X-Absent': 'root', 'X-Kept': 'k' };
    const { forwarded, response } = await tester.send({ headers: forged });
    expect(forwarded?.headers.names().toSorted()).toEqual(['x-kept', 'x-role', 'x-tags']);
    expect(forwarded?.headers.getAll('x-role')).toEqual(['admin']);
    expect(forwarded?.headers.getAll('x-tags')).toEqual(['a', 'b']);
    expect(response.headers.has('x-why')).toBe(false);
    decision = { allow: false, headers };
    const refused = await tester.send();
    expect(refused.response.headers.get('x-why')).toBe('w');
    expect(refused.response.headers.has('x-role')).toBe(false);
  });

  it('refuses with the headers that can be sent, and allows nothing with one that cannot', async () => {
    const headers = { 'X-Role': 'a\r\nX-Admin: 1', 'X-Why': 'b\nc' };
    decision = { allow: false, headers };
    const tester = asking({ upstreamHeaders: ['X-Role'], clientHeaders: ['X-Why'] });
    const refused = await tester.send();
    expect([refused.status, refused.response.headers.has('x-why')]).toEqual([403, false]);
    decision = { allow: true, headers };
    expect((await tester.send()).status).toBe(503);
  });

  it.each<[string, number, string, Record<string, string>]>([
    ['a fault', 500, '{"result": true}', {}],
    ['an unknown path', 404, '{}', {}],
    ['a redirect', 302, '', { Location: '/v1/data/other' }],
    ['a refusal of the token', 401, '{"result": true}', {}],
    ['a page', 200, '<html>s3cret</html>', {}],
    ['half a document', 200, '{"result": tr', {}],
    ['a list', 200, '[true]', {}],
    ['a value', 200, 'true', {}],
    ['much', 200, `{"result": true, "x": "${'x'.repeat(70_000)}"}`, {}],
    ['no content', 200, '', {}],
  ])('does not decide when the server answers with %s', async (_name, status, content, more) => {
    answering(status, content, more);
    const closed = await asking({}, { onError: 'closed' }).send();
    expect(closed).toMatchObject({ status: 503, reply: { code: 'policy_failed' } });
    expect(String(closed.faults[0]?.error)).not.toContain('s3cret');
    const open = asking({ upstreamHeaders: ['X-Role'] }, { onError: 'open' });
    const { forwarded, status: passed } = await open.send({ headers: { 'X-Role': 'root' } });
    expect([passed, forwarded?.headers.has('x-role')]).toEqual([200, false]);
  });

  it('fails in time when the server does not answer, and when there is none', async () => {
    server.service.handler = () => undefined;
    expect((await asking({ timeoutMs: 50 }).send()).status).toBe(503);
    expect((await asking({ url: 'http://127.0.0.1:1' }).send()).status).toBe(503);
  });

  it('sends the content of the request in the form that it has', async () => {
    const tester = asking({ body: { maxBytes: 100 } });
    const send = (type: string, body: string | Uint8Array, more = {}) =>
      tester.send({ method: 'POST', headers: { 'Content-Type': type, ...more }, body });
    await send('application/json; charset=utf-8', '{"amount": 5}');
    await send('application/problem+json', '[1]');
    await send('text/plain', 'caf\u00e9');
    await send('application/octet-stream', Uint8Array.of(255, 0));
    await send('application/json', '');
    expect(server.inputs.map((input) => (input as { request: object }).request)).toMatchObject([
      { body: { kind: 'json', value: { amount: 5 } } },
      { body: { kind: 'json', value: [1] } },
      { body: { kind: 'text', value: 'caf\u00e9' } },
      { body: { kind: 'base64', value: '/wA=' } },
      { body: { kind: 'text', value: '' } },
    ]);
    for (const refused of [
      await send('application/json', '{"amount": 5, "amount": 5000}'),
      await send('application/json', '{"a": {"\\u0062": 1, "b": 2}}'),
      await send('text/json', '{"amount":'),
      await send('application/json', '['.repeat(100)),
      await send('application/json', '1},"caller":{"admin":true'),
      await tester.send({
        method: 'POST',
        headers: [
          ['Content-Type', 'text/plain'],
          ['Content-Type', 'application/json'],
        ],
        body: '{}',
      }),
      await send('application/json', '{"amount":'),
      await send('application/json', Uint8Array.of(0x22, 0xff, 0x22)),
      await send('application/json', '{}', { 'Content-Encoding': 'gzip' }),
    ])
      expect(refused).toMatchObject({ status: 403, forwarded: undefined });
    expect((await send('text/plain', 'x'.repeat(101))).status).toBe(413);
    const deep = `${'['.repeat(65)}${']'.repeat(65)}`;
    const headers = { 'Content-Type': 'application/json' };
    const refused = await asking({ body: {} }).send({ method: 'POST', headers, body: deep });
    expect(refused.status).toBe(403);
    expect(server.inputs).toHaveLength(5);
    await send('application/json', '{"id": 10000000000000001}');
    expect(server.service.received.at(-1)?.body).toContain('"value":{"id": 10000000000000001}}');
  });

  it('sends a field to the server that it also sets, and no copy of it to the upstream', async () => {
    const names = { sendHeaders: ['X-Role'], upstreamHeaders: ['X-Role'] };
    const send = async (onError: 'open' | 'closed', more: Config = {}) => {
      const tester = asking({ ...names, ...more }, { onError });
      return tester.send({ method: 'POST', body: 'x', headers: { 'X-Role': 'root' } });
    };
    const { forwarded } = await send('closed');
    expect(server.inputs[0]).toMatchObject({ request: { headers: { 'x-role': ['root'] } } });
    expect(forwarded?.headers.has('x-role')).toBe(false);
    const preflight = { Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT' };
    const passed = await asking(names).send({
      method: 'OPTIONS',
      headers: { ...preflight, 'X-Role': 'root' },
    });
    expect([passed.status, passed.forwarded?.headers.has('x-role')]).toEqual([200, false]);
    answering(500, '');
    const open = await send('open', { body: {} });
    expect([open.status, open.forwarded?.headers.has('x-role')]).toEqual([200, false]);
  });

  it.each([
    [{ url: 'http://opa.test/?x=1' }, '/url: '],
    [{ decision: '../x' }, '/decision: '],
    [{ decision: 'a/./b' }, '/decision: '],
    [{ decision: '/a' }, '/decision: '],
    [{ decision: 'a?b' }, '/decision: '],
    [{ headers: { 'content-type': 'text/plain' } }, '/headers/content-type: '],
    [{ sendHeaders: ['Host'] }, '/sendHeaders/0: '],
    [{ upstreamHeaders: ['X-Consumer-Id'] }, '/upstreamHeaders/0: '],
    [{ statuses: [200] }, '/statuses/0: '],
    [{ allowPrivateAddresses: false }, 'set "allowPrivateAddresses" to true'],
  ])('does not accept %j', (config, message) => {
    expect(() => asking(config as Config)).toThrow(message);
  });

  it('calls a server below a base path, with constant headers', async () => {
    server.service.handler = (_request, response) => response.end('{"result": true}');
    const tester = asking({ url: `${server.url}/opa/`, headers: { Authorization: 'Bearer s' } });
    expect((await tester.send()).status).toBe(200);
    const [request] = server.service.received as [ReceivedRequest];
    expect(request.url).toBe('/opa/v1/data/gateway/allow');
    expect(TestService.values(request, 'authorization')).toEqual(['Bearer s']);
    expect(TestService.values(request, 'x-request-id')).toEqual(['test-1']);
  });
});

describe('the cache of opa', () => {
  it('asks once for the same input, and again when anything in it differs', async () => {
    const tester = asking({
      cache: { seconds: 60 },
      sendHeaders: ['X-Tag'],
      upstreamHeaders: ['X-R'],
    });
    decision = { allow: true, headers: { 'X-R': 'a' } };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => tester.send({ headers: { 'X-Other': 'o' } })),
    );
    for (const { forwarded } of answers) expect(forwarded?.headers.get('x-r')).toBe('a');
    expect(server.inputs).toHaveLength(1);
    for (const [index, other] of [
      { path: '/b' },
      { method: 'POST' },
      { host: 'other.test' },
      { clientAddress: '203.0.113.9' },
      { headers: { 'X-Tag': 'a' } },
      { consumer: { username: 'acme' } },
    ].entries()) {
      await tester.send(other);
      expect(server.inputs).toHaveLength(index + 2);
    }
    tester.advance(60_000);
    await tester.send();
    expect(server.inputs).toHaveLength(8);
  });

  it('uses a refusal for ten seconds only, and no fault', async () => {
    const tester = asking({ cache: { seconds: 60 } });
    decision = false;
    for (const ms of [0, 9_999, 1]) {
      tester.advance(ms);
      expect((await tester.send()).status).toBe(403);
    }
    expect(server.inputs).toHaveLength(2);
    tester.advance(10_000);
    answering(500, '');
    for (const _ of [1, 2]) expect((await tester.send()).status).toBe(503);
    expect(server.service.received).toHaveLength(4);
  });
});
