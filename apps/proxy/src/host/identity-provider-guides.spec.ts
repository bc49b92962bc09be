import { createSecretKey, hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTokenProvider, type TokenProvider, type TokenShape } from '@sluice/testkit';
import { signJwt } from '@sluice/tokens';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

/** Runs every example of the guides, with tokens of a real provider. */
interface Attached {
  readonly name: string;
  readonly mode?: 'enforce' | 'shadow';
  readonly config?: Record<string, unknown>;
}

const guide = (name: string): string =>
  readFileSync(new URL(`../../../../docs/guides/${name}.md`, import.meta.url), 'utf8');
const examplesOf = (text: string): unknown[] =>
  [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) => JSON.parse(json) as unknown);

let provider: TokenProvider | undefined;
let origin: RawOrigin;
let gateway: ProxyFixture | undefined;
beforeAll(() => import('undici'));
beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  await gateway?.stop();
  await provider?.stop();
  origin.stop();
  gateway = provider = undefined;
});

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');
const bearer = (token: string): string => `Authorization: Bearer ${token}`;
const acme = resource('consumer', { username: 'acme', policies: [] });
const key = 'the-key-of-acme';
const credential = resource('credential', {
  type: 'key',
  name: 'key',
  consumer: 'consumer-acme',
  hash: hash('sha256', key, 'hex'),
  prefix: 'the-',
});

/** The example with the issuer of the provider, which is on this machine. */
function here(policies: readonly Attached[], issuer: string): Attached[] {
  return policies.map(({ config, ...rest }) => {
    const issuers = config?.['issuers'] as object[] | undefined;
    if (issuers === undefined) return { ...rest, ...(config === undefined ? {} : { config }) };
    const own = issuers.map((each) => ({ ...each, issuer }));
    return { ...rest, config: { ...config, issuers: own, allowPrivateAddresses: true } };
  });
}

const routeWith = (policies: Attached[]) =>
  resource('route', { name: 'api', paths: ['/*'], service: 'service-api', policies });

async function start(policies: Attached[], ...more: ReturnType<typeof resource>[]) {
  gateway = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'api', targets: [{ address: origin.address }] }),
      routeWith(policies),
      ...more,
    ],
  });
  return gateway;
}

const providers: Readonly<Record<string, { shape: TokenShape; lacking: object; status: number }>> =
  {
    Keycloak: {
      shape: {
        path: '/realms/shop',
        typ: 'JWT',
        claims: {
          aud: ['orders-api', 'account'],
          azp: 'orders-app',
          sub: 'f:1:jane',
          preferred_username: 'Jörg',
          realm_access: { roles: ['offline_access', 'orders-reader'] },
        },
      },
      lacking: { realm_access: { roles: ['offline_access'] } },
      status: 403,
    },
    Auth0: {
      shape: {
        path: '/',
        typ: 'at+jwt',
        claims: { aud: ['https://api.example.com', 'https://tenant.eu.auth0.com/userinfo'] },
      },
      lacking: { scope: 'orders:write' },
      status: 403,
    },
    'Entra ID': {
      shape: {
        path: '/11111111-2222-3333-4444-555555555555/v2.0',
        typ: 'JWT',
        claims: {
          aud: '66666666-7777-8888-9999-000000000000',
          oid: 'o-1',
          scp: 'orders:read',
          scope: undefined,
          ver: '2.0',
          groups: ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'],
        },
      },
      lacking: { groups: undefined, _claim_names: { groups: 'src1' } },
      status: 403,
    },
  };

describe('the guide "Protect an API with your identity provider"', () => {
  const text = guide('protect-with-an-identity-provider');

  it.each(Object.entries(providers))('has a working example for %s', async (name, each) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(name)) ?? '';
    const [example] = examplesOf(section) as Attached[][];
    provider = await startTokenProvider(each.shape);
    const { issuer } = provider;
    const known = resource('consumer', {
      username: 'jane',
      customId: `${issuer} o-1`,
      policies: [],
    });
    const proxy = await start(here(example ?? [], issuer), known);
    const token = await provider.token('orders:read');
    await eventually(async () => (await proxy.get('/', bearer(token))).status === 200);
    expect(forwarded()).not.toMatch(/authorization/i);
    if (name === 'Keycloak') expect(forwarded()).toMatch(/x-user-name: J%C3%B6rg/i);
    const consumers = forwarded().match(/x-consumer-username: \S+/gi) ?? [];
    expect(consumers.length > 0).toBe(name === 'Entra ID');
    expect((await proxy.get('/')).status).toBe(401);
    await provider.stop();
    // The same provider with callers who lack what the example asks for.
    provider = await startTokenProvider({
      ...each.shape,
      claims: { ...each.shape.claims, ...each.lacking },
    });
    const lacking = await provider.token('orders:read');
    proxy.change(routeWith(here(example ?? [], provider.issuer)));
    await eventually(async () => (await proxy.get('/', bearer(lacking))).status === each.status);
  });

  it('has no other examples', () => {
    expect(examplesOf(text)).toHaveLength(Object.keys(providers).length);
  });
});

describe('the guide "From keys to tokens without a break"', () => {
  const examples = examplesOf(guide('from-keys-to-tokens'));
  const steps = examples.slice(0, 4) as Attached[][];

  it('refuses no request on the way', async () => {
    provider = await startTokenProvider({
      path: '/realms/shop',
      typ: 'JWT',
      claims: { aud: 'orders-api', client_id: 'acme' },
    });
    const { issuer } = provider;
    const token = await provider.token('orders:read');
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    const [keys = [], shadow = [], both = [], tokens = []] = steps.map((step) =>
      here(step, issuer),
    );
    const proxy = await start(keys, acme, credential);
    const withKey = `X-API-Key: ${key}`;
    const status = async (...fields: string[]) => (await proxy.get('/', ...fields)).status;
    const shadowed = () =>
      proxy.counted('sluice_policy_denials_total', { policy: 'jwt', mode: 'shadow' });
    expect(await status(withKey)).toBe(200);
    proxy.change(routeWith(shadow));
    await eventually(async () => {
      const before = shadowed();
      return (await status(withKey, bearer(token))) === 200 && shadowed() === before;
    });
    const before = shadowed();
    expect(await status(withKey, bearer(forged))).toBe(200);
    expect(shadowed()).toBe(before + 1);
    expect(await status(withKey)).toBe(200);
    proxy.change(routeWith(both));
    const ofAcme = () => forwarded().match(/x-consumer-username: acme/gi)?.length ?? 0;
    const earlier = ofAcme();
    for (const fields of [[withKey], [bearer(token)], [withKey, bearer(token)]])
      expect([fields.length, await status(...fields)]).toEqual([fields.length, 200]);
    expect(ofAcme()).toBe(earlier + 3);
    expect(await status(withKey, bearer(forged))).toBe(401);
    proxy.change(routeWith(tokens));
    expect([await status(bearer(token)), await status(withKey)]).toEqual([200, 401]);
  });

  it('has a working example of tokens that a client signs', async () => {
    const [policies, written] = examples.slice(4) as [Attached[], Record<string, string>];
    const proxy = await start(
      policies,
      acme,
      resource('credential', { ...written, consumer: 'consumer-acme' } as never),
    );
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const { key: iss, secret = '' } = written;
    const sign = (text: string): string =>
      signJwt({ iss, exp }, createSecretKey(Buffer.from(text)), { alg: 'HS256' });
    expect((await proxy.get('/', bearer(sign(secret)))).status).toBe(200);
    expect(forwarded()).toMatch(/x-consumer-username: acme/i);
    expect((await proxy.get('/', bearer(sign(`${secret}!`)))).status).toBe(401);
    // A verified token that is still in the cache ends with its credential.
    const token = sign(secret);
    expect((await proxy.get('/', bearer(token))).status).toBe(200);
    const disabled = { ...written, consumer: 'consumer-acme', disabled: true };
    proxy.change(resource('credential', disabled as never));
    expect((await proxy.get('/', bearer(token))).status).toBe(401);
    proxy.change(resource('credential', { ...disabled, disabled: undefined } as never));
    expect((await proxy.get('/', bearer(token))).status).toBe(200);
    const { id } = resource('credential', disabled as never);
    proxy.change({ kind: 'credential', id, spec: undefined });
    expect((await proxy.get('/', bearer(token))).status).toBe(401);
  });

  it('has no other examples', () => {
    expect(examples).toHaveLength(6);
  });
});
