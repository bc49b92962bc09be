import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exposition } from '@sluice/telemetry';
import type { Database } from '../../platform/database/database.ts';
import type { Logger } from '../../platform/logger.ts';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';
import { issue } from '../../testing/test-certificates.ts';
import type { IssuedCertificate } from '../../testing/test-certificates.ts';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';
import { CertificateExpiry } from './certificate-expiry.ts';

const dayMs = 86_400_000;
let plane: TestControlPlane;
let root: IssuedCertificate;
let intermediate: IssuedCertificate;
let leaf: IssuedCertificate;
let other: IssuedCertificate;

beforeAll(async () => {
  plane = await startTestControlPlane();
  root = await issue('root', { isCa: true });
  intermediate = await issue('intermediate', { isCa: true, issuer: root });
  leaf = await issue('leaf', {
    issuer: intermediate,
    names: ['Shop.example.com', '*.example.org'],
  });
  other = await issue('other', { names: ['other.example.com'] });
});
afterAll(() => plane.close());

const written = (more: object = {}) => ({ certificate: leaf.pem, key: leaf.key, ...more });
let count = 0;
const create = (more: object = {}) => {
  count += 1;
  return plane.post('/v1/certificates', { name: `c${count}`, ...written(more) });
};

describe('a certificate', () => {
  it('is shown with its validity, names and fingerprint, and without its key', async () => {
    const created = await plane.put('/v1/certificates/www', written());
    expect(created.status).toBe(201);
    const shown = await plane.get('/v1/certificates/www');
    expect(shown.body).toMatchObject({
      name: 'www',
      gateways: ['default'],
      names: ['shop.example.com', '*.example.org'],
      notAfter: expect.stringMatching(/^\d{4}-.*Z$/),
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    for (const { body } of [created, shown]) expect(body).not.toHaveProperty('key');
  });

  it('keeps its key when the representation is written back, and replaces it when given', async () => {
    const { body } = await plane.put('/v1/certificates/kept', written());
    const sealed = async () =>
      (
        await plane.sql<{ key: string }>(
          `SELECT spec ->> 'key' AS key FROM resource WHERE name = 'kept'`,
        )
      )[0]?.key;
    const before = await sealed();
    const { revision, ...representation } = body as Record<string, unknown>;
    const back = await plane.put('/v1/certificates/kept', representation);
    expect([back.status, (back.body as { revision?: number }).revision]).toEqual([200, revision]);
    expect(
      (await plane.put('/v1/certificates/kept', { certificate: leaf.pem, tags: ['a'] })).status,
    ).toBe(200);
    expect((await plane.patch('/v1/certificates/kept', { tags: ['b'] })).status).toBe(200);
    expect(await sealed()).toBe(before);
    const mismatched = await plane.patch('/v1/certificates/kept', { certificate: other.pem });
    expect(mismatched.body.errors?.[0]?.pointer).toBe('/key');
    const renewed = { certificate: other.pem, key: other.key };
    expect((await plane.patch('/v1/certificates/kept', renewed)).status).toBe(200);
    expect(await sealed()).not.toBe(before);
    expect(
      (await plane.patch('/v1/certificates/kept', { key: null, tags: [] })).body.errors,
    ).toEqual([{ pointer: '/key', detail: 'is required' }]);
  });

  it.each<[string, () => Promise<object> | object, string, RegExp]>([
    ['a text that is not PEM', () => ({ certificate: 'x' }), '/certificate', /is not PEM/],
    [
      'a block without an end',
      () => ({ certificate: leaf.pem.slice(0, 200) }),
      '/certificate',
      /no end/,
    ],
    [
      'a damaged certificate',
      () => ({ certificate: leaf.pem.replace(/\n.{64}\n/, '\n') }),
      '/certificate',
      /not an X.509/,
    ],
    [
      'a key among the certificates',
      () => ({ certificate: leaf.pem + leaf.key }),
      '/certificate',
      /private key in it/,
    ],
    [
      'a request in place of a certificate',
      () => ({ certificate: leaf.pem.replaceAll(' CERTIFICATE', ' CERTIFICATE REQUEST') }),
      '/certificate',
      /CERTIFICATE REQUEST/,
    ],
    ['several keys', () => ({ key: leaf.key + other.key }), '/key', /2 blocks/],
    ['an encrypted key', () => ({ key: encrypted(leaf.key, 'pkcs8') }), '/key', /passphrase/],
    [
      'an encrypted key in the old form',
      () => ({ key: encrypted(leaf.key, 'sec1') }),
      '/key',
      /passphrase/,
    ],
    [
      'a damaged key',
      () => ({ key: leaf.key.replace(/\n.{64}\n/, '\n') }),
      '/key',
      /cannot be read|can be read/,
    ],
    ['the key of another certificate', () => ({ key: other.key }), '/key', /does not belong/],
    [
      'a key that belongs to an intermediate',
      () => ({ certificate: leaf.pem + intermediate.pem, key: intermediate.key }),
      '/key',
      /certificate 2/,
    ],
    ['no key', () => ({ key: undefined }), '/key', /is required/],
    [
      'a chain out of order',
      () => ({ certificate: leaf.pem + root.pem + intermediate.pem }),
      '/certificate',
      /did not issue/,
    ],
    [
      'a chain that does not belong',
      () => ({ certificate: leaf.pem + other.pem }),
      '/certificate',
      /did not issue/,
    ],
    [
      'an expired certificate',
      async () =>
        own(
          await issue('old', {
            names: ['a.example'],
            notBeforeMs: Date.now() - 9 * dayMs,
            notAfterMs: Date.now() - dayMs,
          }),
        ),
      '/certificate',
      /expired at .*renew it/,
    ],
    [
      'a short RSA key',
      async () => own(await issue('weak', { names: ['a.example'], rsaBits: 1024 })),
      '/certificate',
      /1024 bits/,
    ],
    ['no names', async () => own(await issue('nameless')), '/certificate', /no DNS name/],
    [
      'a wildcard inside',
      async () => own(await issue('wild', { names: ['a.*.example'] })),
      '/certificate',
      /leftmost/,
    ],
    [
      'a certificate for clients',
      async () =>
        own(await issue('client', { names: ['a.example'], usages: ['1.3.6.1.5.5.7.3.2'] })),
      '/certificate',
      /serverAuth/,
    ],
    [
      'a server name that it is not valid for',
      () => ({ serverNames: ['shop.example.com', 'www.example.com'] }),
      '/serverNames/1',
      /not valid for/,
    ],
    [
      'a wildcard with two labels',
      () => ({ serverNames: ['a.b.example.org'] }),
      '/serverNames/0',
      /not valid for/,
    ],
    [
      'a server name that is an address',
      () => ({ serverNames: ['10.0.0.1'] }),
      '/serverNames/0',
      /address/,
    ],
    [
      'more than 48 KiB',
      () => ({ certificate: leaf.pem.repeat(100) }),
      '/certificate',
      /49152|too big/i,
    ],
    [
      'a gateway that does not exist',
      () => ({ gateways: ['nowhere'] }),
      '/gateways/0',
      /no gateway/,
    ],
    [
      'an encrypted text for a key',
      () => ({ key: `sealed:v1:${'a'.repeat(16)}:${'b'.repeat(16)}:AAAA` }),
      '/key',
      /form of an encrypted/,
    ],
  ])('is refused with %s', async (_, more, pointer, detail) => {
    const { status, body } = await create(await more());
    expect(status).toBe(400);
    const found = body.errors
      ?.filter((each) => each.pointer === pointer)
      .map((each) => each.detail);
    expect(found?.join('\n')).toMatch(detail);
    expect(JSON.stringify(body)).not.toContain(leaf.key.split('\n')[1]);
  });

  it.each<[string, () => Promise<object> | object]>([
    ['a chain with its root', () => ({ certificate: leaf.pem + intermediate.pem + root.pem })],
    [
      'text between the blocks',
      () => ({ certificate: `Bag Attributes\n${leaf.pem}\n# issuer\n${intermediate.pem}` }),
    ],
    ['names under a wildcard', () => ({ serverNames: ['a.example.org', '*.example.org'] })],
    [
      'a self-signed CA',
      async () => own(await issue('self', { isCa: true, names: ['a.example'] })),
    ],
    ['an RSA key', async () => own(await issue('rsa', { names: ['a.example'], rsaBits: 2048 }))],
    [
      'another curve',
      async () => own(await issue('p384', { names: ['a.example'], curve: 'P-384' })),
    ],
    [
      'no names, when only services use it',
      async () => ({ ...own(await issue('up')), gateways: [] }),
    ],
  ])('is accepted with %s', async (_, more) => {
    expect((await create(await more())).body).not.toHaveProperty('errors');
  });

  it('that is not valid yet is accepted with a warning', async () => {
    const early = await issue('early', { names: ['a.example'], notBeforeMs: Date.now() + dayMs });
    expect((await create(own(early))).body).toMatchObject({
      warnings: [{ code: 'certificate_not_valid_yet' }],
    });
  });

  it('can be used by services, and cannot be deleted while it is', async () => {
    await plane.put('/v1/certificates/client', written({ gateways: [] }));
    await plane.put('/v1/cas/internal', { certificates: root.pem });
    const service = { targets: [{ address: '127.0.0.1:1' }], protocol: 'https' };
    const tls = { certificate: 'client', cas: ['internal'] };
    const created = await plane.put('/v1/services/tls', { ...service, tls });
    expect(created.body).toMatchObject({ tls });
    expect((await plane.delete('/v1/certificates/client')).status).toBe(409);
    const both = { ...tls, clientCertificate: 'file', caCertificates: root.pem };
    const refused = await plane.put('/v1/services/both', { ...service, tls: both });
    expect(refused.body.errors?.map(({ pointer }) => pointer)).toEqual([
      '/tls/certificate',
      '/tls/cas',
    ]);
  });

  it('appears in the metrics with its expiry, and in the log 30, 7 and 1 days before', async () => {
    await plane.put('/v1/certificates/soon', written());
    const lines: object[] = [];
    const record = (message: string, fields: object = {}): void =>
      void lines.push({ message, ...fields });
    const log = { info: record, warn: record, error: record, debug: record } as unknown as Logger;
    const metrics = new ControlPlaneMetrics('');
    const database = { query: plane.sql } as unknown as Database;
    const expiry = new CertificateExpiry(database, log, metrics);
    const { body } = await plane.get('/v1/certificates/soon');
    const expiresAtMs = Date.parse(String((body as { notAfter?: string }).notAfter));
    for (const days of [40, 29, 28, 7, 6, 1, 0.5, -1, -2])
      await expiry.observe(expiresAtMs - days * dayMs);
    metrics.stop();
    const text = [...exposition(metrics.registry.snapshot(), 'prometheus')].join('');
    expect(text).toContain(
      `sluice_stored_certificate_expiry_timestamp_seconds{certificate="soon"} ${expiresAtMs / 1_000}`,
    );
    const own = lines.filter((line) => 'certificate' in line && line.certificate === 'soon');
    expect(own.map((line) => ('days' in line ? line.days : 'expired'))).toEqual([
      29,
      7,
      1,
      'expired',
    ]);
  });
});

describe('a CA', () => {
  it.each<[string, () => string, RegExp]>([
    [
      'a certificate that is no CA',
      () => root.pem + leaf.pem,
      /certificate 2 \(CN=leaf\) is not a CA/,
    ],
    ['a private key', () => root.pem + root.key, /private key/],
    ['no certificate', () => '', /small|at least|>=1/i],
  ])('is refused with %s', async (_, certificates, detail) => {
    const { status, body } = await plane.put('/v1/cas/wrong', { certificates: certificates() });
    expect(status).toBe(400);
    expect(body.errors?.map((each) => each.detail).join('\n')).toMatch(detail);
  });

  it('is shown with its subjects, and can be asked of clients', async () => {
    const created = await plane.put('/v1/cas/clients', {
      certificates: root.pem + intermediate.pem,
    });
    expect(created.body).toMatchObject({ subjects: ['CN=root', 'CN=intermediate'] });
    const asked = { clientCertificates: { mode: 'require', cas: ['clients'] } };
    expect((await plane.patch('/v1/gateways/default', asked)).body).toMatchObject(asked);
    const without = { clientCertificates: { mode: 'request', cas: [] } };
    expect((await plane.patch('/v1/gateways/default', without)).body.errors).toMatchObject([
      { pointer: '/clientCertificates/cas' },
    ]);
    expect((await plane.patch('/v1/gateways/default', { clientCertificates: null })).status).toBe(
      200,
    );
  });
});

function own({ pem, key }: IssuedCertificate): object {
  return { certificate: pem, key };
}

function encrypted(key: string, type: 'pkcs8' | 'sec1'): string {
  const options = { type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  return createPrivateKey(key).export(options).toString();
}
