import { definePolicySchema } from '@sluice/policy-sdk';
import { boundedRecord, secret } from '@sluice/schema';
import { z } from 'zod';
import { AllowPrivateAddresses, checkPrivateAddress, HttpUrl } from '../http-calls/schema.ts';

const ClaimPath = z
  .array(z.string().min(1).max(256))
  .min(1)
  .max(8)
  .describe('Names of the members that lead to the claim.');

/** An origin that browsers use: `https://app.example.com`, `http://localhost:8000`. */
const PublicUrl = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const url = URL.parse(text);
    const fault =
      url === null || url.origin !== text
        ? 'not an origin, such as https://app.example.com: scheme, host and port, without a path'
        : url.protocol === 'https:' || url.hostname === 'localhost'
          ? undefined
          : 'session cookies need https:, except on localhost';
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

export const oidcSchema = definePolicySchema({
  name: 'oidc',
  summary:
    'Logs people in with an OpenID provider, and keeps their session in an encrypted cookie.',
  phases: ['receive', 'authenticate'],
  attach: ['gateway'],
  authenticates: true,
  onError: 'closed',
  keys: ['session'],
  errors: {
    login_failed: { status: 403, title: 'The login was not completed' },
    session_too_large: {
      status: 500,
      title: 'The session does not fit into cookies',
      retry: false,
    },
    return_to_invalid: { status: 400, title: 'The login may not lead to this URL' },
    logout_token_invalid: { status: 400, title: 'The logout token is not valid' },
  },
  config: z
    .strictObject({
      issuer: HttpUrl.describe(
        'The issuer of the OpenID provider, exactly as its metadata states it. http: needs `allowPrivateAddresses`.',
      ),
      clientId: z.string().min(1).max(512).describe('The client that the provider knows.'),
      clientSecret: secret(z.string().min(1).max(4_096))
        .optional()
        .describe('The secret of the client; leave it out for a public client.'),
      clientAuthentication: z
        .enum(['client_secret_basic', 'client_secret_post'])
        .default('client_secret_basic')
        .describe('How the client sends its secret.'),
      publicUrls: z
        .array(PublicUrl)
        .min(1)
        .max(20)
        .describe(
          'The origins that browsers use. Redirect URIs are made of them, never of what a request says; on other hosts the policy recognises no session.',
        ),
      path: z
        .string()
        .max(100)
        .regex(/^(?:\/[A-Za-z0-9._~-]*[A-Za-z0-9_~-])+$/, 'not a path, such as /.sluice/oidc')
        .default('/.sluice/oidc')
        .describe(
          'Below it are `callback`, `login`, `logout` and `backchannel-logout`, which need no route.',
        ),
      scopes: z
        .array(
          z
            .string()
            .max(256)
            .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'not a scope of RFC 6749'),
        )
        .max(30)
        .default(['openid', 'profile', 'email'])
        .describe('Scopes to ask for. `openid` is always among them.'),
      authorizationParameters: boundedRecord(z.string().max(512), 20, 64)
        .default({})
        .describe('More parameters of the authorization request, such as `audience` or `prompt`.'),
      sessionKeys: z
        .array(secret(z.string().min(32).max(1_024)))
        .max(8)
        .default([])
        .describe(
          'Secrets that cookies are encrypted with, in place of the keys that the control plane creates and rotates. The first one encrypts, all of them decrypt: to rotate, put a new one in front, and remove the old one after `sessionSeconds`.',
        ),
      sessionSeconds: z
        .int()
        .min(60)
        .max(2_592_000)
        .default(28_800)
        .describe('How long a session lasts, however often its tokens are refreshed.'),
      refresh: z
        .boolean()
        .default(true)
        .describe(
          'Refresh tokens when the access token ends, and end the session when the provider refuses that. Needs Redis and a refresh token; without them a session lasts `sessionSeconds`.',
        ),
      claims: z
        .array(z.string().min(1).max(256))
        .max(30)
        .default(['email', 'name', 'preferred_username'])
        .describe(
          'Claims of the ID token that the session keeps and policies see, besides `iss` and `sub`.',
        ),
      userInfo: z
        .boolean()
        .default(false)
        .describe(
          'Also ask the userinfo endpoint for claims, for providers that leave them out of the ID token.',
        ),
      groupsClaim: ClaimPath.optional().describe(
        'The claim with the groups, a list of texts or a text, such as `["realm_access", "roles"]`.',
      ),
      consumer: z
        .strictObject({
          claim: ClaimPath,
          by: z
            .enum(['username', 'customId', 'id'])
            .default('username')
            .describe('The property of the consumer that the claim contains.'),
          required: z
            .boolean()
            .default(true)
            .describe('Refuse people who are no consumer with 403.'),
        })
        .optional()
        .describe('Finds the consumer of the gateway that the person is.'),
      cookieName: z
        .string()
        .max(40)
        .regex(/^[A-Za-z0-9_-]{1,40}$/, 'up to 40 letters, digits, - and _')
        .default('sluice-session')
        .describe('Name of the cookies, behind `__Host-`.'),
      returnTo: z
        .array(PublicUrl)
        .max(20)
        .default([])
        .describe('Other origins that the login may lead to. Paths of the same host always may.'),
      logoutUrl: z
        .string()
        .max(2_048)
        .optional()
        .describe(
          'Where browsers go after a logout, registered with the provider as `post_logout_redirect_uris`. Default: the root of the host.',
        ),
      backChannelLogout: z
        .boolean()
        .default(false)
        .describe('Accept logout tokens of the provider. Needs Redis on every node.'),
      optional: z
        .boolean()
        .default(false)
        .describe(
          'Let requests without a session pass as anonymous, and redirect none to the login.',
        ),
      allowPrivateAddresses: AllowPrivateAddresses,
      timeoutMs: z
        .int()
        .min(100)
        .max(8_000)
        .default(4_000)
        .describe('Longest time of a call to the provider.'),
    })
    .superRefine((config, context) => {
      const { issuer, allowPrivateAddresses, publicUrls, logoutUrl } = config;
      const at = (path: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [path], message });
      checkPrivateAddress(
        { url: issuer, allowPrivateAddresses },
        { ...context, addIssue: (issue) => at('issuer', (issue as { message: string }).message) },
      );
      if (URL.parse(issuer)?.protocol === 'http:' && !allowPrivateAddresses)
        at('issuer', 'an issuer in a public network needs https:');
      const hosts = publicUrls.map((url) => URL.parse(url)?.hostname);
      if (new Set(hosts).size !== hosts.length) at('publicUrls', 'two URLs have the same host');
      if (logoutUrl !== undefined && !isLogoutUrl(logoutUrl))
        at('logoutUrl', 'not an absolute URL, such as https://app.example.com/bye');
    }),
});

function isLogoutUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost');
}

export type OidcConfig = z.output<typeof oidcSchema.config>;
