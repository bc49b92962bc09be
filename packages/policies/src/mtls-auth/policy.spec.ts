import { describe, expect, it } from '@jest/globals';
import type { PeerCertificate, PeerVerification } from '@sluice/policy-sdk';
import { ManualClock, PolicyTester, type TestCredential } from '@sluice/policy-sdk/testing';
import type { z } from 'zod';
import { keyAuth } from '../key-auth/policy.ts';
import { mtlsAuth } from './policy.ts';
import type { mtlsAuthSchema } from './schema.ts';

const clock = new ManualClock();
const acme = { username: 'acme' };
const mtls = (identity: string, consumer = acme, more: object = {}): TestCredential => ({
  type: 'mtls',
  lookup: `ca-1 ${identity}`,
  consumer,
  ...more,
});
const credentials = [
  mtls('URI:spiffe://acme/orders'),
  mtls('DNS:orders.internal'),
  mtls('DNS:other.internal', { username: 'initech' }),
  mtls('IP:2001:db8::1'),
  mtls('subject:CN=orders,O=Acme'),
  mtls(`sha256:${'ab'.repeat(32)}`),
  mtls('DNS:disabled', acme, { isDisabled: true }),
  mtls('DNS:ended', acme, { expiresAtMs: clock.now() - 1 }),
  mtls('DNS:ending', acme, { expiresAtMs: clock.now() + 1_000 }),
];
const certificate = (sans: readonly string[], more: Partial<PeerCertificate> = {}) => ({
  subject: 'CN=x',
  issuer: 'CN=ca',
  sans,
  fingerprint256: 'CD:'.repeat(31) + 'CD',
  serialNumber: '01',
  pem: '',
  raw: new Uint8Array(),
  ...more,
});
const trusted: PeerVerification = {
  cas: ['ca-1'],
  fault: undefined,
  expiresAtMs: clock.now() + 60_000,
};
type Config = z.input<typeof mtlsAuthSchema.config>;

function tester(
  config: Config = {},
  verify: () => PeerVerification = () => trusted,
  mode?: 'shadow',
) {
  return new PolicyTester(mtlsAuth, config, {
    credentials,
    clock,
    keys: [{ key: 'the-key', consumer: acme }],
    clientCertificates: { verify },
    ...(mode === undefined ? {} : { mode }),
  });
}
const send = (peerCertificate?: PeerCertificate, config?: Config) =>
  tester(config).send(peerCertificate === undefined ? {} : { peerCertificate });

describe('mtls-auth', () => {
  it.each([
    [['URI:spiffe://acme/orders']],
    [['DNS:first', 'DNS:ORDERS.internal']],
    [['IP:2001:DB8:0:0:0:0:0:1']],
    [['URI:spiffe://acme/orders', 'DNS:orders.internal', 'othername:x']],
    [['DNS:disabled', 'DNS:orders.internal']],
  ])('finds the caller by %j', async (sans) => {
    const answer = await send(certificate(sans));
    expect(answer).toMatchObject({ status: 200, consumer: acme, credential: { type: 'mtls' } });
    expect(answer.principal?.expiresAtMs).toBe(clock.now() + 60_000);
  });

  it('finds the caller by subject and by SHA-256', async () => {
    expect((await send(certificate([], { subject: 'CN=orders,O=Acme' }))).status).toBe(200);
    const fingerprint256 = 'AB:'.repeat(31) + 'AB';
    expect((await send(certificate([], { fingerprint256 }))).status).toBe(200);
  });

  it.each<[string, PeerCertificate, string]>([
    ['no known name', certificate(['DNS:unknown']), 'unknown'],
    ['a name of another type', certificate(['URI:orders.internal', 'email:x']), 'unknown'],
    ['a wildcard', certificate(['DNS:*.internal']), 'unknown'],
    ['a subject in another order', certificate([], { subject: 'O=Acme,CN=orders' }), 'unknown'],
    ['a name that looks like a subject', certificate(['subject:CN=orders,O=Acme']), 'unknown'],
    ['a name that looks like a hash', certificate([`sha256:${'ab'.repeat(32)}`]), 'unknown'],
    ['two consumers', certificate(['DNS:orders.internal', 'DNS:other.internal']), 'conflict'],
    ['NUL in a name', certificate(['DNS:orders.internal\u0000.evil.test']), 'malformed'],
    [
      'NUL in a name beside a good one',
      certificate(['DNS:orders.internal', 'DNS:a\u0000b']),
      'malformed',
    ],
    [
      'NUL in the subject',
      certificate(['DNS:orders.internal'], { subject: 'CN=a\\00b' }),
      'malformed',
    ],
    [
      'too many names',
      certificate(Array.from({ length: 65 }, (_each, index) => `DNS:n${index}`)),
      'malformed',
    ],
    ['a disabled credential', certificate(['DNS:disabled']), 'disabled'],
    ['an expired credential', certificate(['DNS:ended']), 'expired'],
  ])('refuses %s', async (_what, peer, reason) => {
    const answer = await send(peer, { consumer: { required: reason === 'unknown' } });
    expect(answer).toMatchObject({ status: 401, authReason: reason });
    expect(answer.response.headers.get('www-authenticate')).toBe(
      'ClientCertificate realm="sluice"',
    );
  });

  it.each([
    ['untrusted', 'unknown'],
    ['revoked', 'revoked'],
    ['expired', 'expired'],
    ['not_yet_valid', 'not_yet_valid'],
  ] as const)('refuses a certificate that is %s', async (fault, reason) => {
    const refusing = tester({}, () => ({ cas: [], fault, expiresAtMs: undefined }));
    const request = { peerCertificate: certificate(['DNS:orders.internal']) };
    expect(await refusing.send(request)).toMatchObject({ status: 401, authReason: reason });
    const shadow = tester({}, () => ({ cas: [], fault, expiresAtMs: undefined }), 'shadow');
    expect(await shadow.send(request)).toMatchObject({ status: 200, shadow: ['mtls-auth'] });
  });

  it('looks in the CAs of the certificate and in no other', async () => {
    const other = tester({}, () => ({ ...trusted, cas: ['ca-2'] }));
    const request = { peerCertificate: certificate(['DNS:orders.internal']) };
    expect((await other.send(request)).status).toBe(401);
    const both = tester({}, () => ({ ...trusted, cas: ['ca-2', 'ca-1'] }));
    expect((await both.send(request)).status).toBe(200);
  });

  it('lets certificates without a consumer pass with their subject, when told to', async () => {
    const config = { consumer: { required: false } };
    const answer = await send(certificate(['DNS:unknown'], { subject: 'CN=x,O=Acme' }), config);
    expect([answer.status, answer.consumer, answer.principal?.subject]).toEqual([
      200,
      undefined,
      'CN=x,O=Acme',
    ]);
    expect((await send(undefined, config)).status).toBe(401);
    expect((await send(undefined, { optional: true })).status).toBe(200);
  });

  it('is an alternative, and with required a condition', async () => {
    const headers = { 'X-API-Key': 'the-key' };
    const peerCertificate = certificate(['DNS:orders.internal']);
    const either = tester().with(keyAuth, {});
    expect((await either.send({ headers })).status).toBe(200);
    expect((await either.send({ peerCertificate })).status).toBe(200);
    const both = tester({ required: true }).with(keyAuth, {});
    expect((await both.send({ headers, peerCertificate })).status).toBe(200);
    expect((await both.send({ headers })).status).toBe(401);
    expect((await both.send({ peerCertificate })).status).toBe(401);
    const foreign = certificate(['DNS:other.internal']);
    expect(await both.send({ headers, peerCertificate: foreign })).toMatchObject({
      status: 401,
      authReason: 'conflict',
    });
  });

  it('ends with the credential or the certificate, and is live until one is revoked', async () => {
    let now = trusted;
    const changing = tester({}, () => now);
    const answer = await changing.send({ peerCertificate: certificate(['DNS:ending']) });
    expect(answer.principal?.expiresAtMs).toBe(clock.now() + 1_000);
    expect(answer.principal?.isLive?.()).toBe(true);
    now = { cas: [], fault: 'revoked', expiresAtMs: undefined };
    expect(answer.principal?.isLive?.()).toBe(false);
  });
});
