import { describe, expect, it } from '@jest/globals';
import { PolicyTester, type TestRequest } from '@sluice/policy-sdk/testing';
import { ipRestriction } from '../ip-restriction/policy.ts';
import { securityHeaders } from './policy.ts';

type Config = ConstructorParameters<typeof PolicyTester<typeof securityHeaders.schema.config>>[1];
async function fieldsOf(config: Config, request: TestRequest = {}): Promise<[string, string][]> {
  const tester = new PolicyTester(securityHeaders, config);
  const { response } = await tester.send({ scheme: 'https', ...request });
  return response.headers.entries();
}

describe('security-headers', () => {
  it('sends what protects every application by default', async () => {
    expect(await fieldsOf({})).toEqual([
      ['strict-transport-security', 'max-age=31536000'],
      ['x-content-type-options', 'nosniff'],
      ['referrer-policy', 'strict-origin-when-cross-origin'],
    ]);
  });

  it('sends Strict-Transport-Security over TLS only', async () => {
    const fields = await fieldsOf({}, { scheme: 'http' });
    expect(fields.map(([name]) => name)).toEqual(['x-content-type-options', 'referrer-policy']);
  });

  it('sends every header that is configured, and no other', async () => {
    const config: Config = {
      strictTransportSecurity: {
        maxAgeSeconds: 31_536_000,
        includeSubDomains: true,
        preload: true,
      },
      contentTypeOptions: false,
      referrerPolicy: 'no-referrer',
      contentSecurityPolicy: "default-src 'self';",
      frameAncestors: 'self',
      permissionsPolicy: 'camera=()',
      crossOriginOpenerPolicy: 'same-origin',
      crossOriginEmbedderPolicy: 'require-corp',
      crossOriginResourcePolicy: 'same-site',
    };
    expect(await fieldsOf(config)).toEqual([
      ['strict-transport-security', 'max-age=31536000; includeSubDomains; preload'],
      ['referrer-policy', 'no-referrer'],
      ['content-security-policy', "default-src 'self'; frame-ancestors 'self'"],
      ['x-frame-options', 'SAMEORIGIN'],
      ['permissions-policy', 'camera=()'],
      ['cross-origin-opener-policy', 'same-origin'],
      ['cross-origin-embedder-policy', 'require-corp'],
      ['cross-origin-resource-policy', 'same-site'],
    ]);
    const none = { strictTransportSecurity: false, contentTypeOptions: false } as const;
    expect(await fieldsOf({ ...none, referrerPolicy: false })).toEqual([]);
  });

  it.each([
    ['none', "frame-ancestors 'none'", 'DENY'],
    [
      ['https://a.test', 'https://*.b.test'],
      'frame-ancestors https://a.test https://*.b.test',
      undefined,
    ],
  ] as const)('frameAncestors: %j', async (frameAncestors, policy, options) => {
    const fields = new Map(await fieldsOf({ frameAncestors: frameAncestors as 'none' | string[] }));
    expect(fields.get('content-security-policy')).toBe(policy);
    expect(fields.get('x-frame-options')).toBe(options);
  });

  it('keeps what the upstream has set, unless it is told otherwise', async () => {
    const upstream = {
      headers: { 'Referrer-Policy': 'origin', 'Strict-Transport-Security': 'max-age=1' },
    };
    const kept = new Map(await fieldsOf({}, { upstream }));
    expect(kept.get('referrer-policy')).toBe('origin');
    expect(kept.get('strict-transport-security')).toBe('max-age=1');
    const replaced = new Map(await fieldsOf({ overwrite: true }, { upstream }));
    expect(replaced.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    expect(replaced.get('strict-transport-security')).toBe('max-age=31536000');
  });

  it('is in responses of other policies', async () => {
    const tester = new PolicyTester(ipRestriction, { deny: ['0.0.0.0/0'] }).with(
      securityHeaders,
      {},
    );
    const { status, response } = await tester.send();
    expect([status, response.headers.get('x-content-type-options')]).toEqual([403, 'nosniff']);
  });

  it('changes nothing in shadow mode', async () => {
    const tester = new PolicyTester(securityHeaders, {}, { mode: 'shadow' });
    const { response, shadow } = await tester.send({ scheme: 'https' });
    expect([response.headers.entries(), shadow]).toEqual([[], []]);
  });

  it.each([
    [{ contentSecurityPolicy: 'a\r\nb: c' }, '/contentSecurityPolicy: not a header value'],
    [{ contentSecurityPolicy: 'Frame-Ancestors x', frameAncestors: 'none' }, '/frameAncestors'],
    [{ frameAncestors: ['https://a.test; script-src *'] }, '/frameAncestors'],
    [{ strictTransportSecurity: { preload: true } }, '/strictTransportSecurity'],
    [{ referrerPolicy: 'none' }, '/referrerPolicy'],
  ])('refuses the configuration %j', (config, fault) => {
    expect(() => new PolicyTester(securityHeaders, config as Config)).toThrow(fault);
  });
});
