import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { definePolicy, definePolicySchema, principal } from '@sluice/policy-sdk';
import { z } from 'zod';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawResponse } from '../listener/testing/raw-client.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** Policies that decide what callers may do, on the configuration that a node serves. */
let origin: RawOrigin;
let proxy: ProxyFixture;

beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  await proxy.stop();
  origin.stop();
});

/** Stands for a policy that recognises tokens: takes the claims from a header. */
const token = definePolicy({
  schema: definePolicySchema({
    name: 'token',
    summary: 'Takes the claims from a header.',
    phases: ['authenticate'],
    authenticates: true,
    config: z.strictObject({}),
  }),
  compile: () => ({
    challenges: ['Bearer realm="test"'],
    optional: true,
    authenticate({ headers }) {
      const text = headers.get('x-claims');
      if (text === undefined) return undefined;
      return principal({ claims: JSON.parse(text) as Record<string, unknown> });
    },
  }),
});

interface Attached {
  readonly name: string;
  readonly config?: Record<string, unknown>;
}

const key = (consumer: string, id = `consumer-${consumer}`): Resource =>
  resource('credential', {
    type: 'key',
    name: `key-${consumer}`,
    consumer: id,
    hash: createHash('sha256').update(`key-of-${consumer}`).digest('hex'),
    prefix: 'key',
  });

const gateway = (policies: Attached[] = []): Resource =>
  resource('gateway', { name: 'default', trustedProxies: ['127.0.0.1'], policies });

/** The same policy on two routes: enforced on `/e/*`, in shadow mode on `/s/*`. */
function resources({ name, config = {} }: Attached): Resource[] {
  const identity = [{ name: 'key-auth', config: { optional: true } }, { name: 'token' }];
  const route = (path: string, mode: 'enforce' | 'shadow'): Resource =>
    resource('route', {
      name: mode,
      paths: [`/${path}/*`],
      service: 'service-orders',
      policies: [...identity, { name, config, mode }],
    });
  return [
    gateway(),
    resource('group', { name: 'gold' }),
    resource('consumer', { username: 'acme', groups: ['group-gold'] }),
    resource('consumer', { username: 'hooli' }),
    key('acme'),
    key('hooli'),
    resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
    route('e', 'enforce'),
    route('s', 'shadow'),
  ];
}

async function start(all: readonly Resource[]): Promise<ProxyFixture> {
  proxy = await ProxyFixture.start({ resources: all, policies: [token] });
  return proxy;
}

const send = (method: string, path: string, fields: readonly string[]): Promise<RawResponse> =>
  proxy.send(
    `${[`${method} ${path} HTTP/1.1`, 'Host: api.test', ...fields].join('\r\n')}\r\n\r\n`,
    method,
  );
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Recorded traffic: what browsers, programs and crawlers sent, with and without credentials. */
const traffic: readonly (readonly [method: string, ...fields: string[]])[] = [
  ['GET'],
  ['GET', 'X-API-Key: key-of-acme'],
  ['GET', 'X-API-Key: key-of-hooli', 'User-Agent: curl/8.5.0'],
  ['DELETE', 'X-API-Key: key-of-acme', 'X-Forwarded-For: 198.51.100.9'],
  ['GET', 'X-Forwarded-For: ::ffff:192.0.2.7', 'User-Agent: Mozilla/5.0 Firefox/140.0'],
  ['GET', 'X-Forwarded-For: 2001:db8::7'],
  ['GET', 'X-Claims: {"scope":"orders:read","tenant":"acme"}'],
  ['GET', 'X-Claims: {"scope":"orders:write","tenant":"acme"}'],
  ['GET', 'X-Claims: {"scope":"orders:read"}'],
  ['GET', 'User-Agent: Mozilla/5.0 (compatible; EvilBot/1.0)', 'Referer: https://evil.test/'],
  ['GET', 'Referer: https://www.example.com/page', 'X-API-Key: key-of-acme'],
  ['GET', 'Referer: https://www.example.com@evil.test/'],
  ['POST', 'Content-Length: 0', 'Cookie: session=1', 'Sec-Fetch-Site: cross-site'],
  ['POST', 'Content-Length: 0', 'Cookie: session=1', 'Sec-Fetch-Site: same-origin'],
  ['POST', 'Content-Length: 0', 'Cookie: session=1', 'Origin: https://evil.test'],
  ['POST', 'Content-Length: 0', 'Cookie: session=1', 'Origin: http://api.test'],
  ['POST', 'Content-Length: 0', 'Cookie: session=1'],
  ['GET', 'Cookie: session=1', 'Origin: https://evil.test', ...upgrade],
  ['GET', 'Cookie: session=1', 'Origin: http://api.test', ...upgrade],
  ['OPTIONS', 'Origin: https://evil.test', 'Access-Control-Request-Method: PUT'],
  ['OPTIONS', 'Origin: https://evil.test'],
];

const table: readonly (readonly [code: string, attached: Attached])[] = [
  ['forbidden', { name: 'acl', config: { allow: { groups: ['group-gold'] } } }],
  ['forbidden', { name: 'acl', config: { deny: { consumers: ['consumer-hooli'] } } }],
  ['insufficient_scope', { name: 'claims', config: { scopes: { all: ['orders:read'] } } }],
  ['forbidden', { name: 'claims', config: { condition: 'claims.tenant == "acme"' } }],
  [
    'address_denied',
    { name: 'ip-restriction', config: { deny: ['192.0.2.0/24', '198.51.100.9'] } },
  ],
  ['address_denied', { name: 'ip-restriction', config: { allow: ['0.0.0.0/0'] } }],
  ['user_agent_denied', { name: 'bot-detection', config: { deny: ['bot/', 'curl/'] } }],
  ['referer_denied', { name: 'referer-restriction', config: { hosts: ['*.example.com'] } }],
  ['cross_site_request', { name: 'csrf' }],
];

describe('policies that refuse, on the same traffic', () => {
  it.each(table)(
    'refuse with %s what their shadow reports, and nothing else: %j',
    async (code, attached) => {
      await start(resources(attached));
      let refused = 0;
      let passed = 0;
      for (const [index, [method, ...fields]] of traffic.entries()) {
        const enforced = await send(method, '/e/1', fields);
        const shadowed = await send(method, '/s/1', fields);
        const [first, second] = [await proxy.line(2 * index), await proxy.line(2 * index + 1)];
        const isRefused = enforced.status === 401 || enforced.status === 403;
        expect([method, ...fields, first['status'], first['shadow']]).toEqual([
          method,
          ...fields,
          enforced.status,
          undefined,
        ]);
        expect([method, ...fields, shadowed.status, second['shadow']]).toEqual([
          method,
          ...fields,
          200,
          isRefused ? [attached.name] : undefined,
        ]);
        if (!isRefused) passed += 1;
        else {
          refused += 1;
          expect(first['code']).toBe(enforced.status === 401 ? 'unauthorized' : code);
        }
      }
      expect(passed).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(0);
      const denials = (mode: string): number =>
        proxy.counted('sluice_policy_denials_total', { policy: attached.name, mode });
      expect([denials('enforce'), denials('shadow')]).toEqual([refused, refused]);
      // What was refused has not reached the upstream.
      const received = origin.connections.map((each) => each.received).join('');
      expect(received.match(/ HTTP\/1\.1\r\n/g)?.length).toBe(2 * traffic.length - refused);
    },
  );
});

describe('acl in the proxy', () => {
  const gold = { name: 'acl', config: { allow: { groups: ['group-gold'] } } };
  const statusOf = async (consumer: string): Promise<number> =>
    (await send('GET', '/e/1', [`X-API-Key: key-of-${consumer}`])).status;

  it('asks for a credential with the challenges of the alternatives', async () => {
    await start(resources(gold));
    const { status, head } = await send('GET', '/e/1', []);
    expect(status).toBe(401);
    expect(head.match(/^www-authenticate: .*$/gim)?.map((line) => line.trim())).toEqual([
      'WWW-Authenticate: ApiKey realm="sluice", header="x-api-key"',
      'WWW-Authenticate: Bearer realm="test"',
    ]);
  });

  it('follows a group that is renamed, and the membership of the caller', async () => {
    await start(resources(gold));
    expect([await statusOf('acme'), await statusOf('hooli')]).toEqual([200, 403]);
    proxy.change({ ...resource('group', { name: 'platinum' }), id: 'group-gold' });
    expect([await statusOf('acme'), await statusOf('hooli')]).toEqual([200, 403]);
    // Another group now has the name of the first.
    proxy.change({ ...resource('group', { name: 'gold' }), id: 'group-other' });
    proxy.change(resource('consumer', { username: 'hooli', groups: ['group-other'] }));
    expect([await statusOf('acme'), await statusOf('hooli')]).toEqual([200, 403]);
    proxy.change(resource('consumer', { username: 'acme', groups: [] }));
    expect(await statusOf('acme')).toBe(403);
  });

  it('gives a consumer that is created again nothing of the one before', async () => {
    const attached = { name: 'acl', config: { allow: { consumers: ['consumer-acme'] } } };
    const all = resources(attached);
    await start(all);
    expect(await statusOf('acme')).toBe(200);
    const again = { ...resource('consumer', { username: 'acme' }), id: 'consumer-again' };
    const others = all.filter(({ id }) => !['consumer-acme', 'credential-key-acme'].includes(id));
    await proxy.apply([...others, again, key('acme', 'consumer-again')]);
    expect(await statusOf('acme')).toBe(403);
  });
});

describe('security-headers in the proxy', () => {
  const policies = [{ name: 'security-headers', config: { frameAncestors: 'none' } }];
  const sent = ({ headers }: RawResponse): (string | undefined)[] =>
    ['strict-transport-security', 'x-content-type-options', 'x-frame-options'].map((name) =>
      headers.get(name),
    );

  it('are in every response: of the upstream, and of the gateway itself', async () => {
    const guarded = { name: 'acl', config: { allow: { groups: ['group-gold'] } } };
    const [, ...others] = resources(guarded);
    await start([gateway(policies), ...others]);
    const tls = 'X-Forwarded-Proto: https';
    const expected = ['max-age=31536000', 'nosniff', 'DENY'];
    for (const [path, status, ...fields] of [
      ['/e/1', 200, 'X-API-Key: key-of-acme'],
      ['/e/1', 401],
      ['/e/1', 403, 'X-API-Key: key-of-hooli'],
      ['/e/1', 401, 'X-API-Key: wrong'],
      ['/nowhere', 404],
    ] as const) {
      const response = await send('GET', path, [tls, ...fields]);
      expect([response.status, sent(response)]).toEqual([status, expected]);
    }
    origin.stop();
    const failed = await send('GET', '/s/1', [tls]);
    expect([failed.status >= 500, sent(failed)]).toEqual([true, expected]);
    const plain = await send('GET', '/nowhere', []);
    expect(sent(plain)).toEqual([undefined, 'nosniff', 'DENY']);
  });
});
