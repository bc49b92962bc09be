import { definePolicySchema } from '@sluice/policy-sdk';
import { secret } from '@sluice/schema';
import { z } from 'zod';
import {
  checkTokenPolicy,
  tokenIdentityFields,
  tokenPolicyFields,
  tokenSourceFields,
  UpstreamToken,
} from '../authentication/schema.ts';
import {
  AllowPrivateAddresses,
  checkPrivateAddress,
  ConstantHeaders,
  HttpUrl,
} from '../http-calls/schema.ts';

const Texts = z.array(z.string().min(1).max(2_048)).min(1).max(20);
const Pem = z.string().min(1).max(32_768);

/** RFC 6749, section 3.3. */
const Scope = z
  .string()
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'not a scope: printable ASCII without space, " and \\');

const Assertion = z.strictObject({
  privateKey: secret(Pem).describe('Private key of the client: PEM, not encrypted.'),
  algorithm: z
    .enum([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
    ])
    .describe('Algorithm of the signature; the key has to fit it.'),
  keyId: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('`kid` of the assertion, by which the server finds the public key.'),
  audience: z
    .string()
    .min(1)
    .max(2_048)
    .optional()
    .describe('`aud` of the assertion, such as the issuer. Default: the endpoint.'),
});

/** Fields that this policy writes into each call itself. */
const writtenHere = ['accept', 'content-type'];

const CallHeaders = ConstantHeaders.superRefine((fields, context) => {
  for (const name of Object.keys(fields))
    if (writtenHere.includes(name.toLowerCase()))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `${name} is sent in any case, with the value of the gateway`,
      });
});

/** What each method of client authentication needs. */
const needs = {
  client_secret_basic: 'clientSecret',
  client_secret_post: 'clientSecret',
  private_key_jwt: 'assertion',
  tls_client_auth: 'clientCertificate',
  none: undefined,
} as const;

interface ClientConfig {
  readonly endpoint: string;
  readonly allowPrivateAddresses: boolean;
  readonly clientAuthentication: keyof typeof needs;
  readonly clientId?: string | undefined;
  readonly clientSecret?: unknown;
  readonly assertion?: unknown;
  readonly clientCertificate?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Refuses a client that could not authenticate, and settings that would not be used. */
function checkClient(config: ClientConfig, context: z.core.$RefinementCtx): void {
  const { endpoint, allowPrivateAddresses, clientAuthentication: method, clientId } = config;
  const at = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  checkPrivateAddress({ url: endpoint, allowPrivateAddresses }, context, 'endpoint');
  const isPlain = URL.parse(endpoint)?.protocol === 'http:';
  if (isPlain && !allowPrivateAddresses)
    at('endpoint', 'tokens and secrets need https: in a public network');
  const needed = needs[method];
  if (method !== 'none' && clientId === undefined) at('clientId', `is needed for ${method}`);
  if (needed !== undefined && config[needed] === undefined) at(needed, `is needed for ${method}`);
  for (const name of ['clientSecret', 'assertion'] as const)
    if (name !== needed && config[name] !== undefined) at(name, `is not used by ${method}`);
  if (config.clientCertificate !== undefined && isPlain)
    at('clientCertificate', 'needs an endpoint of https:');
  const hasAuthorization = Object.keys(config.headers).some(
    (name) => name.toLowerCase() === 'authorization',
  );
  if (hasAuthorization && method === 'client_secret_basic')
    at('headers', 'Authorization is written by client_secret_basic');
}

const { hideCredentials: _hidden, ...policyFields } = tokenPolicyFields;

export const oauth2IntrospectionSchema = definePolicySchema({
  name: 'oauth2-introspection',
  summary: 'Authenticates the caller by a token about which an authorization server is asked.',
  phases: ['authenticate'],
  authenticates: true,
  onError: 'closed',
  config: z
    .strictObject({
      endpoint: HttpUrl.describe(
        'The introspection endpoint (RFC 7662). http: needs `allowPrivateAddresses`.',
      ),
      clientId: z
        .string()
        .min(1)
        .max(512)
        .optional()
        .describe('The client as which the gateway asks. Every method but `none` needs it.'),
      clientSecret: secret(z.string().min(1).max(4_096))
        .optional()
        .describe('Secret of the client, for `client_secret_basic` and `client_secret_post`.'),
      clientAuthentication: z
        .enum([
          'client_secret_basic',
          'client_secret_post',
          'private_key_jwt',
          'tls_client_auth',
          'none',
        ])
        .default('client_secret_basic')
        .describe(
          'How the gateway authenticates to the endpoint. `none`: by `headers`, or not at all.',
        ),
      assertion: Assertion.optional().describe(
        'What `private_key_jwt` signs its assertions with (RFC 7523).',
      ),
      clientCertificate: z
        .strictObject({
          certificates: Pem.describe('The certificate, and intermediate ones after it: PEM.'),
          privateKey: secret(Pem).describe('Its key: PEM, not encrypted.'),
        })
        .optional()
        .describe('Presented to the endpoint, for `tls_client_auth` (RFC 8705) and others.'),
      certificateAuthorities: Pem.optional().describe(
        'The only authorities that the certificate of the endpoint may come from: PEM. Default: those of Node.',
      ),
      headers: CallHeaders.default({}).describe(
        'Headers of each call, such as an access token for the endpoint. The values are secrets.',
      ),
      tokens: z
        .enum(['any', 'opaque'])
        .default('any')
        .describe(
          'Tokens to ask about. `opaque`: none that has the form of a JWT, which another policy verifies.',
        ),
      requireTokenType: z
        .boolean()
        .default(false)
        .describe(
          'Refuse tokens about which the answer has no `token_type`. Set it when the server also calls other tokens active, such as refresh tokens.',
        ),
      issuer: z
        .string()
        .min(1)
        .max(2_048)
        .optional()
        .describe('`iss` that the answer must have, exactly. Default: not checked.'),
      audience: z
        .union([z.literal('any'), Texts])
        .describe(
          'Audiences of which the answer must name one in `aud`. "any": not checked, so that tokens for other APIs are accepted, too.',
        ),
      scopes: z
        .array(Scope)
        .max(50)
        .default([])
        .describe('Scopes that the token needs, all of them. Otherwise 403 insufficient_scope.'),
      ...tokenIdentityFields,
      leewaySeconds: z
        .int()
        .min(0)
        .max(300)
        .default(60)
        .describe('How far the clocks of gateway and server may differ.'),
      cacheSeconds: z
        .int()
        .min(0)
        .max(300)
        .default(60)
        .describe(
          'How long the answer about an active token is used, and never longer than the token lives. A revocation takes effect that late. 0: ask for each request.',
        ),
      negativeCacheSeconds: z
        .int()
        .min(0)
        .max(10)
        .default(10)
        .describe('How long a token that is not active is refused without asking again.'),
      ...tokenSourceFields,
      upstreamToken: UpstreamToken,
      ...policyFields,
      timeoutMs: z
        .int()
        .min(10)
        .max(8_000)
        .default(2_000)
        .describe('Longest time of the call, milliseconds.'),
      maxConnections: z
        .int()
        .min(1)
        .max(1_000)
        .default(64)
        .describe('Most calls at the same time in each process; four times as many may wait.'),
      allowPrivateAddresses: AllowPrivateAddresses,
    })
    .superRefine(checkTokenPolicy)
    .superRefine(checkClient),
});
