import 'reflect-metadata';
import { X509CrlGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issue, type IssuedCertificate } from '../../testing/test-certificates.ts';
import { startTestControlPlane, type TestControlPlane } from '../../testing/test-control-plane.ts';

const hourMs = 3_600_000;
let plane: TestControlPlane;
let root: IssuedCertificate;
let other: IssuedCertificate;

beforeAll(async () => {
  plane = await startTestControlPlane();
  [root, other] = await Promise.all([
    issue('root', { isCa: true }),
    issue('other', { isCa: true }),
  ]);
});
afterAll(() => plane.close());

async function crlOf({ subject, keys }: IssuedCertificate, atMs = Date.now()): Promise<string> {
  const crl = await X509CrlGenerator.create({
    issuer: subject,
    thisUpdate: new Date(atMs),
    nextUpdate: new Date(atMs + 24 * hourMs),
    entries: [{ serialNumber: '0102', revocationDate: new Date(atMs) }],
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey: keys.privateKey,
  });
  // The label of RFC 7468 section 6.
  return `${crl.toString('pem').replaceAll(' CRL-', ' X509 CRL-')}\n`;
}
const put = (crls: string | undefined) =>
  plane.put('/v1/cas/clients', { certificates: root.pem, ...(crls && { crls }) });

describe('revocation lists of a CA', () => {
  it('are stored, shown with the date of the next one, and replaced', async () => {
    const [first, expired] = [await crlOf(root), await crlOf(root, Date.now() - 48 * hourMs)];
    expect(await put(`${first}${expired}`)).toMatchObject({ status: 201 });
    const { body } = await plane.get('/v1/cas/clients');
    expect(body['crls']).toBe(`${first}${expired}`);
    const due = Date.parse(String(body['crlsNextUpdate']));
    expect(Math.abs(due - (Date.now() - 24 * hourMs))).toBeLessThan(hourMs);
    expect((await put(first)).status).toBe(200);
    const without = await put(undefined);
    expect(without.body).not.toHaveProperty('crlsNextUpdate');
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['another CA has signed', () => crlOf(other), /signed by none of the certificates/],
    ['are of the future', () => crlOf(root, Date.now() + hourMs), /of the future/],
    ['are damaged', async () => (await crlOf(root)).replace(/^MI.{8}/m, ''), /block 1/],
    ['are certificates', () => Promise.resolve(root.pem), /"CERTIFICATE"/],
    ['are text', () => Promise.resolve('text'), /no block/],
  ])('are refused when they %s', async (_what, crls, message) => {
    const { status, body } = await put(await crls());
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body['errors']).toEqual([{ pointer: '/crls', detail: expect.stringMatching(message) }]);
  });
});
