/// <reference path="./oidc-provider.d.ts" />
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OpenIdProviderOptions {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly backChannelLogoutUri?: string;
  /** Lifetime of the access token of a login, seconds. Default: an hour, as that of later ones. */
  readonly firstAccessTokenSeconds?: number;
  /** Whether a refresh returns a new refresh token. Default: true. */
  readonly rotatesRefreshTokens?: boolean;
  /** Claims of an account besides `sub`, by the name that it logs in with. */
  readonly claims?: (account: string) => Readonly<Record<string, unknown>>;
  /** Port to listen on; default: any free one. */
  readonly port?: number;
}

/** An OpenID provider (`oidc-provider` of npm) with its own login form, which takes any password. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly port: number;
  /** Requests to the token endpoint by grant type. */
  readonly grants: Readonly<Record<string, number>>;
  /** Private JWK that it signs with. */
  readonly signingKey: Readonly<Record<string, unknown>>;
  /** Makes it answer each request with this status; undefined makes it work again. */
  failWith(status: number | undefined): void;
  stop(): Promise<void>;
}

const clientId = 'sluice';
const clientSecret = 'the-secret-of-the-client-0123456789abcdef';

/** Created once, because it takes long. */
let key: OpenIdProvider['signingKey'] | undefined;

function newSigningKey(): OpenIdProvider['signingKey'] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'signing', use: 'sig', alg: 'RS256' };
}

/** Leaves out the notices of oidc-provider, which say that its settings are those of a test. */
function silenceNotices(): void {
  for (const level of ['info', 'warn'] as const) {
    const write = console[level].bind(console);
    console[level] = (...texts: unknown[]): void => {
      if (!String(texts[0]).startsWith('oidc-provider ')) write(...texts);
    };
  }
}

/** Starts an OpenID provider on 127.0.0.1. Tests only. */
export async function startOpenIdProvider(options: OpenIdProviderOptions): Promise<OpenIdProvider> {
  if (key === undefined) silenceNotices();
  // Loaded here, because it is large and most specs that use the testkit do not need it.
  const { Provider } = await import('oidc-provider');
  const server = createServer();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const signingKey = (key ??= newSigningKey());
  const provider = new Provider(issuer, configurationOf(options, signingKey));
  const grants: Record<string, number> = {};
  for (const event of ['grant.success', 'grant.error'])
    provider.on(event, (context: { oidc?: { params?: { grant_type?: string } } }) => {
      const type = context.oidc?.params?.grant_type ?? 'unknown';
      grants[type] = (grants[type] ?? 0) + 1;
    });
  let failure: number | undefined;
  const handle = provider.callback();
  server.on('request', (request: IncomingMessage, response) => {
    if (failure !== undefined) response.writeHead(failure).end('<html>');
    else void handle(request, response);
  });
  return {
    issuer,
    clientId,
    clientSecret,
    port,
    grants,
    signingKey,
    failWith: (status) => (failure = status),
    stop: () => stop(server),
  };
}

function configurationOf(options: OpenIdProviderOptions, signingKey: object): object {
  const { redirectUris, postLogoutRedirectUris = [], backChannelLogoutUri, claims } = options;
  const { firstAccessTokenSeconds = 3_600, rotatesRefreshTokens = true } = options;
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris,
        post_logout_redirect_uris: postLogoutRedirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        ...(backChannelLogoutUri === undefined
          ? {}
          : {
              backchannel_logout_uri: backChannelLogoutUri,
              backchannel_logout_session_required: true,
            }),
      },
    ],
    jwks: { keys: [signingKey] },
    cookies: { keys: ['a key for the cookies of the provider'] },
    claims: {
      openid: ['sub', 'sid'],
      email: ['email'],
      profile: ['name', 'preferred_username', 'groups'],
    },
    // The claims of the scopes are in the ID token as well.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    ttl: {
      AccessToken: ({ oidc }: TokenContext) =>
        oidc.params.grant_type === 'refresh_token' ? 3_600 : firstAccessTokenSeconds,
      AuthorizationCode: 60,
      Grant: 3_600,
      IdToken: 3_600,
      Interaction: 3_600,
      RefreshToken: 3_600,
      Session: 3_600,
    },
    rotateRefreshToken: rotatesRefreshTokens,
    issueRefreshToken: () => true,
    findAccount: (_context: unknown, account: string) => ({
      accountId: account,
      claims: () => ({
        sub: account,
        email: `${account}@example.com`,
        name: account,
        preferred_username: account,
        ...claims?.(account),
      }),
    }),
    loadExistingGrant: grantEverything,
  };
}

interface TokenContext {
  readonly oidc: { readonly params: { readonly grant_type?: string } };
}

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: {
      readonly Grant: new (facts: object) => {
        addOIDCScope(scope: string): void;
        save(): Promise<string>;
      };
    };
  };
}

/** Grants all scopes, so that no page asks for the consent of the person. */
async function grantEverything({ oidc }: GrantContext): Promise<unknown> {
  const { clientId: client } = oidc.client;
  const { accountId } = oidc.session;
  const grant = new oidc.provider.Grant({ clientId: client, accountId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
