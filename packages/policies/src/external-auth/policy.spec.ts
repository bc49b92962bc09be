import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema } from '@sluice/policy-sdk';
import { PolicyTester } from '@sluice/policy-sdk/testing';
import { z } from 'zod';
import { TestService, type ReceivedRequest } from '../../testing/test-service.ts';
import { keyAuth } from '../key-auth/policy.ts';
import { externalAuth } from './policy.ts';
import type { externalAuthSchema } from './schema.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start();
});
afterEach(() => service.stop());

type Config = Partial<z.input<typeof externalAuthSchema.config>>;

const asking = (config: Config = {}, onError: 'open' | 'closed' = 'closed') =>
  new PolicyTester(
    externalAuth,
    { url: service.url, allowPrivateAddresses: true, ...config },
    { onError, consumers: [{ username: 'acme', id: 'c-1', customId: 'a-7', groups: ['gold'] }] },
  );
const asked = (index = 0): ReceivedRequest => service.received[index] as ReceivedRequest;

describe('external-auth', () => {
  it('describes the request as the gateway routes it, and sends only listed headers', async () => {
    const tester = asking({ sendHeaders: ['Authorization', 'X-Tag'], headers: { 'X-Token': 's' } });
    const { status, forwarded } = await tester.send({
      method: 'DELETE',
      scheme: 'https',
      host: 'api.test',
      path: '/orders/1',
      query: 'a=1&a=2',
      clientAddress: '203.0.113.7',
      contentLength: 12,
      headers: [
        ['Authorization', 'Bearer t'],
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
        ['Cookie', 'session=1'],
        ['Expect', '100-continue'],
      ],
    });
    expect(status).toBe(200);
    const values = (name: string) => TestService.values(asked(), name);
    expect(asked().method).toBe('GET');
    expect(asked().body).toBe('');
    expect(values('authorization')).toEqual(['Bearer t']);
    expect(values('x-tag').join(', ')).toBe('one, two');
    expect(values('x-token')).toEqual(['s']);
    expect(values('x-forwarded-method')).toEqual(['DELETE']);
    expect(values('x-forwarded-proto')).toEqual(['https']);
    expect(values('x-forwarded-host')).toEqual(['api.test']);
    expect(values('x-forwarded-uri')).toEqual(['/orders/1?a=1&a=2']);
    expect(values('x-forwarded-for')).toEqual(['203.0.113.7']);
    for (const absent of ['cookie', 'expect', 'content-length', 'transfer-encoding'])
      expect(values(absent)).toEqual([]);
    expect(forwarded?.headers.get('authorization')).toBe('Bearer t');
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
  ])('refuses with %d when the service does, with its challenge', async (status, code) => {
    service.handler = (_request, response) => {
      response.writeHead(status, [
        ['WWW-Authenticate', 'Bearer realm="a"'],
        ['WWW-Authenticate', 'Basic realm="b"'],
        ['X-Reason', 'no'],
        ['X-Secret', 's'],
      ]);
      response.end('internal details');
    };
    const answer = await asking({ clientHeaders: ['X-Reason'] }).send();
    expect(answer).toMatchObject({ status, reply: { code }, forwarded: undefined });
    const challenges = status === 401 ? ['Bearer realm="a"', 'Basic realm="b"'] : [];
    // The tester's client joins the values of a repeated field.
    expect(answer.response.headers.getAll('www-authenticate').join(', ')).toBe(
      challenges.join(', '),
    );
    expect(answer.response.headers.get('x-reason')).toBe('no');
    expect(answer.response.headers.has('x-secret')).toBe(false);
    expect(String(answer.response.content)).not.toContain('internal details');
  });

  it.each([302, 404, 407, 429, 500, 503])(
    'does not decide when the service answers with %d',
    async (status) => {
      service.handler = (_request, response) => {
        response.writeHead(status, { Location: '/login', 'X-User': 'root' }).end();
      };
      const names = { upstreamHeaders: ['X-User'] };
      const request = { headers: { 'X-User': 'admin' } };
      expect(await asking(names).send(request)).toMatchObject({
        status: 503,
        reply: { code: 'policy_failed' },
      });
      const open = await asking(names, 'open').send(request);
      expect(open.status).toBe(200);
      expect(open.forwarded?.headers.has('x-user')).toBe(false);
    },
  );

  it('passes listed headers on to the upstream and to the client, and no others', async () => {
    service.handler = (_request, response) => {
      response.writeHead(204, [
        ['X-User', 'jane'],
        ['X-Roles', 'a'],
        ['X-Roles', 'b'],
        ['Set-Cookie', 's=1'],
        ['X-Other', 'o'],
      ]);
      response.end();
    };
    const tester = asking({
      upstreamHeaders: ['X-User', 'X-Roles', 'X-Absent'],
      clientHeaders: ['Set-Cookie'],
    });
    const { forwarded, response } = await tester.send({
      headers: [
        ['x-user', 'admin'],
        ['X.User', 'admin'],
        ['x-roles', 'root'],
        ['X-Absent', 'forged'],
        ['X-Kept', 'k'],
      ],
    });
    expect(forwarded?.headers.names().toSorted()).toEqual(['x-kept', 'x-roles', 'x-user']);
    expect(forwarded?.headers.getAll('x-user')).toEqual(['jane']);
    expect(forwarded?.headers.getAll('x-roles').join(', ')).toBe('a, b');
    expect(response.headers.getAll('set-cookie')).toEqual(['s=1']);
    expect(response.headers.has('x-user')).toBe(false);
  });

  it('leaves no field to a client that it sends to the service and another policy owns', async () => {
    const owner = definePolicy({
      schema: definePolicySchema({
        name: 'owner',
        summary: 'May set a field.',
        phases: ['transform'],
        config: z.strictObject({}),
      }),
      compile: () => ({ upstreamFields: ['X-Tenant'] }),
    });
    const tester = asking({ sendHeaders: ['X-Tenant'] }).with(owner, {});
    const { status, forwarded } = await tester.send({ headers: { 'X-Tenant': 'forged' } });
    expect(status).toBe(200);
    expect(forwarded?.headers.has('x-tenant')).toBe(false);
    expect(TestService.values(asked(), 'x-tenant')).toEqual([]);
  });

  it('replaces a credential that it has sent to the service', async () => {
    service.handler = (_request, response) => {
      response.writeHead(200, { Authorization: 'Bearer internal' }).end();
    };
    const tester = asking({ upstreamHeaders: ['Authorization'] });
    const { forwarded } = await tester.send({ headers: { Authorization: 'Bearer external' } });
    expect(TestService.values(asked(), 'authorization')).toEqual(['Bearer external']);
    expect(forwarded?.headers.getAll('authorization')).toEqual(['Bearer internal']);
  });

  it.each([
    ['username', 'acme'],
    ['id', 'c-1'],
    ['customId', 'a-7'],
  ] as const)('lets the service name the consumer by %s', async (by, value) => {
    service.handler = (_request, response) => response.setHeader('X-Who', value).end();
    const tester = asking({ consumer: { header: 'X-Who', by } });
    const { consumer, phases } = await tester.send();
    expect(consumer?.username).toBe('acme');
    expect(phases).toContain('authenticate');
  });

  it('refuses a consumer that is unknown, and when none is named', async () => {
    const tester = asking({ consumer: { header: 'X-Who' } }, 'open');
    service.handler = (_request, response) => response.setHeader('X-Who', 'initech').end();
    expect(await tester.send()).toMatchObject({ status: 403, reply: { code: 'forbidden' } });
    service.handler = (_request, response) => response.setHeader('X-Who', '').end();
    expect(await tester.send()).toMatchObject({ status: 403, reply: { code: 'forbidden' } });
    service.handler = (_request, response) => response.end();
    expect(await tester.send()).toMatchObject({ status: 403, reply: { code: 'forbidden' } });
    const relaxed = asking({ consumer: { header: 'X-Who', required: false } });
    expect(await relaxed.send()).toMatchObject({ status: 200, consumer: undefined });
  });

  describe.each(['before', 'after'])('with key-auth %s it', (order) => {
    const send = (key: string) => {
      const known = {
        consumers: [
          { username: 'acme', id: 'c-1' },
          { username: 'other', id: 'c-2' },
        ],
        keys: [{ key: 'the-key', consumer: { username: 'acme', id: 'c-1' } }],
      };
      const config = {
        url: service.url,
        allowPrivateAddresses: true,
        consumer: { header: 'X-Who' },
      };
      const tester =
        order === 'before'
          ? new PolicyTester(keyAuth, {}, known).with(externalAuth, config)
          : new PolicyTester(externalAuth, config, known).with(keyAuth, {});
      return tester.send({ headers: { 'X-API-Key': key } });
    };

    it.each([
      ['acme', 200],
      ['other', 401],
    ])('accepts one caller only: the service names %s', async (named, status) => {
      service.handler = (_request, response) => response.setHeader('X-Who', named).end();
      const answer = await send('the-key');
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.reply?.code).toBe('invalid_credential');
      else expect(answer.consumer?.username).toBe('acme');
    });
  });

  it('tells the service who the consumer is, and not what the client claims', async () => {
    await asking().send({ consumer: { username: 'acme', groups: ['gold', 'eu'] } });
    expect(TestService.values(asked(), 'x-consumer-username')).toEqual(['acme']);
    expect(TestService.values(asked(), 'x-consumer-groups')).toEqual(['gold, eu']);
    for (const name of ['X-Forwarded-For', 'X-Consumer-Id', 'Host', 'Content-Length', 'X_Tag'])
      expect(() => asking({ sendHeaders: [name] })).toThrow('is not valid');
    for (const name of ['X-Consumer-Id', 'X_Consumer_Id', 'Host', 'Content-Length'])
      expect(() => asking({ upstreamHeaders: [name] })).toThrow('is not valid');
  });

  it('sends the content when the configuration says so, up to a bound', async () => {
    service.handler = ({ body }, response) =>
      response.writeHead(body === 'delete everything' ? 403 : 200).end();
    const tester = asking({ method: 'POST', body: { maxBytes: 20 } }, 'open');
    const headers = { 'Content-Type': 'text/plain' };
    const refused = await tester.send({ method: 'POST', headers, body: 'delete everything' });
    expect(refused.status).toBe(403);
    expect(TestService.values(asked(), 'content-type')).toEqual(['text/plain']);
    expect(TestService.values(asked(), 'content-length')).toEqual(['17']);
    const answer = await tester.send({ method: 'POST', headers, body: 'hello' });
    expect([answer.status, asked(1).body]).toEqual([200, 'hello']);
    const long = await tester.send({ method: 'POST', headers, body: 'x'.repeat(21) });
    expect(long).toMatchObject({ status: 413, forwarded: undefined });
    expect(service.received).toHaveLength(2);
    expect(() => asking({ body: {} })).toThrow('set "method" to POST');
  });

  it('requires that private addresses are allowed', () => {
    for (const url of ['http://127.0.0.1/', 'http://localhost/', 'http://[::1]/', 'http://10.1/'])
      expect(() => asking({ url, allowPrivateAddresses: false })).toThrow(
        'is not a public address: set "allowPrivateAddresses" to true',
      );
    for (const url of ['ftp://a.test/', '/auth', 'http://u:p@a.test/', 'http://a.test/#x'])
      expect(() => asking({ url })).toThrow('/url: ');
  });
});

describe('the fields of external-auth', () => {
  it('replace a credential that another policy hides', async () => {
    service.handler = (_request, response) => {
      response.writeHead(200, { Authorization: 'Bearer internal' }).end();
    };
    const keys = [{ key: 'the-key', consumer: { username: 'acme' } }];
    const config = {
      url: service.url,
      allowPrivateAddresses: true,
      upstreamHeaders: ['Authorization'],
    };
    const tester = new PolicyTester(keyAuth, { headerNames: ['Authorization'] }, { keys });
    const { forwarded } = await tester
      .with(externalAuth, config)
      .send({ headers: { Authorization: 'the-key' } });
    expect(forwarded?.headers.getAll('authorization')).toEqual(['Bearer internal']);
  });
});

describe('a refusal of external-auth', () => {
  it('has the challenges of other policies when the service states none', async () => {
    service.handler = (_request, response) => response.writeHead(401).end();
    const { reply } = await asking().with(keyAuth, { optional: true }).send();
    expect(reply).toMatchObject({ status: 401, reason: 'denied' });
    expect(reply?.headers).toEqual([
      ['WWW-Authenticate', expect.stringContaining('ApiKey realm="sluice"')],
    ]);
  });

  it('is recorded in shadow mode, which changes nothing', async () => {
    const config = { url: service.url, allowPrivateAddresses: true, upstreamHeaders: ['X-User'] };
    const tester = new PolicyTester(externalAuth, config, { mode: 'shadow' });
    service.handler = (_request, response) => response.writeHead(403).end();
    expect(await tester.send()).toMatchObject({ status: 200, shadow: ['external-auth'] });
    service.handler = (_request, response) => response.setHeader('X-User', 'jane').end();
    const allowed = await tester.send();
    expect(allowed).toMatchObject({ status: 200, shadow: [] });
    expect(allowed.forwarded?.headers.has('x-user')).toBe(false);
  });
});
