import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock, PolicyTester } from '@sluice/policy-sdk/testing';
import { jwtVerify } from 'jose';
import type { z } from 'zod';
import { IntrospectionServer } from '../../testing/introspection-server.ts';
import { TestService } from '../../testing/test-service.ts';
import { oauth2Introspection } from './policy.ts';
import type { oauth2IntrospectionSchema } from './schema.ts';

type Config = Partial<z.input<typeof oauth2IntrospectionSchema.config>>;

let server: IntrospectionServer;
beforeEach(async () => {
  server = await IntrospectionServer.start();
});
afterEach(() => server.stop());

const asking = (config: Config = {}) =>
  new PolicyTester(oauth2Introspection, {
    endpoint: server.url,
    clientId: 'gateway',
    clientSecret: 's3cret',
    audience: 'any',
    allowPrivateAddresses: true,
    ...config,
  });

describe('the client of oauth2-introspection', () => {
  const once = async (config: Config) => {
    server.tokens.set('t', {});
    expect(
      (
        await asking({ cacheSeconds: 0, ...config }).send({
          headers: { Authorization: 'Bearer t' },
        })
      ).status,
    ).toBe(200);
    const request = server.service.received.at(-1);
    const form = Object.fromEntries(server.forms.at(-1) as URLSearchParams);
    return { authorization: TestService.values(request as never, 'authorization'), form };
  };

  it('sends its secret as RFC 6749 says', async () => {
    const { authorization } = await once({ clientId: 'a:b', clientSecret: 'p q+%ä' });
    const text = `Basic ${Buffer.from('a%3Ab:p+q%2B%25%C3%A4').toString('base64')}`;
    expect(authorization).toEqual([text]);
    const post = await once({ clientAuthentication: 'client_secret_post', clientSecret: 'p q+%ä' });
    expect(post.authorization).toEqual([]);
    expect(post.form).toMatchObject({ client_id: 'gateway', client_secret: 'p q+%ä' });
  });

  it('signs a new assertion for each call', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const config: Config = {
      clientAuthentication: 'private_key_jwt',
      clientSecret: undefined,
      assertion: { privateKey: pem, algorithm: 'ES256', keyId: 'k-1' },
    };
    const seen = new Set<string>();
    for (const _ of [1, 2]) {
      const { form } = await once(config);
      expect(form['client_assertion_type']).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      );
      const { payload, protectedHeader } = await jwtVerify(
        form['client_assertion'] as string,
        publicKey,
        {
          issuer: 'gateway',
          subject: 'gateway',
          audience: server.url,
          currentDate: new Date(new ManualClock().now()),
        },
      );
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'k-1' });
      expect((payload.exp as number) - (payload.iat as number)).toBe(60);
      seen.add(payload.jti as string);
    }
    expect(seen.size).toBe(2);
  });

  it('sends constant headers, and its name without a secret', async () => {
    const config: Config = {
      clientAuthentication: 'none',
      clientSecret: undefined,
      headers: { Authorization: 'Bearer for-the-endpoint' },
    };
    const { authorization, form } = await once(config);
    expect(authorization).toEqual(['Bearer for-the-endpoint']);
    expect(form).toEqual({ token: 't', token_type_hint: 'access_token', client_id: 'gateway' });
  });

  const rsa = (): string =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }) as string;

  it.each<[Config, string]>([
    [{ clientId: undefined }, '/clientId: '],
    [{ clientSecret: undefined }, '/clientSecret: '],
    [{ clientAuthentication: 'private_key_jwt' }, '/assertion: '],
    [{ clientAuthentication: 'tls_client_auth', clientSecret: undefined }, '/clientCertificate: '],
    [{ clientAuthentication: 'none' }, '/clientSecret: is not used'],
    [{ headers: { authorization: 'x' } }, '/headers: '],
    [{ endpoint: 'http://as.example.com/', allowPrivateAddresses: false }, 'need https:'],
    [{ endpoint: 'https://10.0.0.1/', allowPrivateAddresses: false }, '/endpoint: 10.0.0.1 is not'],
    [{ optional: true, required: true }, '/required: '],
    [{ headerNames: [] }, '/headerNames: '],
    [{ scopes: ['a b'] }, '/scopes/0: '],
    [{ audience: [] }, '/audience: '],
    [{ upstreamHeaders: { 'X-Consumer-Id': ['sub'] } }, '/upstreamHeaders/X-Consumer-Id: '],
    [{ cacheSeconds: 301 }, '/cacheSeconds: '],
    [{ negativeCacheSeconds: 11 }, '/negativeCacheSeconds: '],
  ])('is refused when it could not work: %j', (config, message) => {
    expect(() => asking(config)).toThrow(message);
  });

  it('says what is wrong with a key, and nothing of it', () => {
    const withKey = (privateKey: string) => () =>
      asking({
        clientAuthentication: 'private_key_jwt',
        clientSecret: undefined,
        assertion: { privateKey, algorithm: 'ES256' },
      });
    expect(withKey('planted')).toThrow('is not a private key in PEM');
    expect(withKey(rsa())).toThrow('does not fit ES256');
    const pair = (certificates: string) => () =>
      asking({
        endpoint: 'https://127.0.0.1/',
        clientCertificate: { certificates, privateKey: 'planted' },
      });
    expect(pair('planted')).toThrow(/^(?!.*planted).*clientCertificate is not/s);
  });
});
