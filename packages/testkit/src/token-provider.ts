/// <reference path="./oidc-provider.d.ts" />
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a provider writes access tokens. */
export interface TokenShape {
  /** Path of the issuer, which may end in a slash. */
  readonly path: string;
  /** `typ` in the header. */
  readonly typ: string;
  /** Claims that are added to the usual ones, or replace them. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** An authorization server whose clients get access tokens that are JWTs. */
export interface TokenProvider {
  readonly issuer: string;
  /** Returns an access token of the client credentials grant (RFC 6749, section 4.4). */
  token(scope: string): Promise<string>;
  stop(): Promise<void>;
}

const clientId = 'orders-app';
const clientSecret = 'the-secret-of-the-client-0123456789abcdef';
const resource = 'https://api.example.com';

/** Starts `oidc-provider` of npm on 127.0.0.1, as a provider of access tokens. Tests only. */
export async function startTokenProvider({
  path,
  typ,
  claims,
}: TokenShape): Promise<TokenProvider> {
  const { Provider } = await import('oidc-provider');
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const prefix = path.replace(/\/$/, '');
  const handle = new Provider(`${origin}${path}`, configurationOf(typ, claims)).callback();
  server.on('request', (request: IncomingMessage & { originalUrl?: string }, response) => {
    const url = request.url ?? '';
    // The provider finds out from both where it is mounted.
    request.originalUrl = url;
    request.url = url.slice(prefix.length);
    void handle(request, response);
  });
  return {
    issuer: `${origin}${path}`,
    async token(scope) {
      const response = await fetch(`${origin}${prefix}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
          resource,
          scope,
        }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
      return answer.access_token;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Jwt {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
}

function configurationOf(typ: string, claims: TokenShape['claims']): object {
  const key = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: {
      keys: [{ ...key.export({ format: 'jwk' }), kid: 'signing', use: 'sig', alg: 'RS256' }],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'orders:read orders:write',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (_context: unknown, _token: unknown, jwt: Jwt) => {
          jwt.header = { ...jwt.header, typ };
          jwt.payload = { ...jwt.payload, ...claims };
        },
      },
    },
    ttl: { ClientCredentials: 600 },
  };
}
