import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlainServer, request as plainRequest, type Server } from 'node:http';
import { createServer as createTlsServer, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What the spec uses of `oidc-provider`, which has no types. */
interface Provider {
  callback(): (request: unknown, response: unknown) => void;
  readonly Client: { find(id: string): Promise<unknown> };
  readonly RefreshToken: new (facts: object) => { save(): Promise<string> };
  readonly Grant: new (facts: object) => { save(): Promise<string> };
}
type ProviderModule = { Provider: new (issuer: string, configuration: object) => Provider };

/** TLS of the server: it asks every client for a certificate. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export const secret = 'the secret: of a client, 100 % + long enough';
const app = 'app';

/**
 * An authorization server (`oidc-provider` of npm) on 127.0.0.1 that issues opaque tokens for the
 * API `urn:orders`, and answers about them. Clients that ask: `basic`, `post`, `jwt` and `mtls`, by
 * their way to authenticate. Tests only.
 */
export class AuthorizationServer {
  readonly url: string;
  /** The private key of the client `jwt`, PEM. */
  readonly clientKey: string;
  /** Requests to the introspection endpoint so far. */
  introspections = 0;
  readonly #server: Server;
  readonly #provider: Provider;
  readonly #ca: string | undefined;

  private constructor(server: Server, provider: Provider, url: string, key: string, ca?: string) {
    this.#server = server;
    this.#provider = provider;
    this.url = url;
    this.clientKey = key;
    this.#ca = ca;
    const handle = provider.callback();
    server.on('request', (request, response) => {
      if (request.url === '/token/introspection') this.introspections++;
      handle(request, response);
    });
  }

  static async start(tls?: ServerTls): Promise<AuthorizationServer> {
    const server =
      tls === undefined
        ? createPlainServer()
        : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = {
      ...publicKey.export({ format: 'jwk' }),
      kid: 'gateway',
      use: 'sig',
      alg: 'ES256',
    };
    // A variable, because the package has no types.
    const name: string = 'oidc-provider';
    const { Provider } = (await import(name)) as ProviderModule;
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const provider = new Provider(url, configuration(jwk));
    return new AuthorizationServer(server, provider, url, pem, tls?.ca);
  }

  get endpoint(): string {
    return `${this.url}/token/introspection`;
  }

  /** Issues an access token to the client `app`. */
  async issue(scope: string): Promise<string> {
    const form = { grant_type: 'client_credentials', scope, resource: 'urn:orders' };
    const { access_token: token } = await this.#post('/token', form);
    return token as string;
  }

  async revoke(token: string): Promise<void> {
    await this.#post('/token/revocation', { token });
  }

  /** Creates a refresh token, as a client with a user has it. */
  async refreshToken(): Promise<string> {
    const client = await this.#provider.Client.find(app);
    const grantId = await new this.#provider.Grant({ clientId: app, accountId: 'jane' }).save();
    const facts = { client, accountId: 'jane', grantId, gty: 'authorization_code', scope: 'read' };
    return new this.#provider.RefreshToken(facts).save();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Makes a call of the client `app`. */
  async #post(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    const send = this.#ca === undefined ? plainRequest : tlsRequest;
    const call = send(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      ...(this.#ca !== undefined && { ca: this.#ca }),
    });
    const parameters = new URLSearchParams({ ...form, client_id: app, client_secret: secret });
    call.end(parameters.toString());
    const [response] = await once(call, 'response');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}

/** Without one, the server warns that its keys are public. */
function signingKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'signing', use: 'sig' };
}

/** The clients: `app` obtains tokens, the others ask about them. */
function clients(jwk: object): readonly ClientFacts[] {
  const asking = { redirect_uris: [], response_types: [], grant_types: [] };
  const withSecret = { ...asking, client_secret: secret };
  return [
    {
      ...withSecret,
      client_id: app,
      grant_types: ['client_credentials', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...withSecret,
      client_id: 'basic',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    { ...withSecret, client_id: 'post', token_endpoint_auth_method: 'client_secret_post' },
    {
      ...asking,
      client_id: 'jwt',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [jwk] },
    },
    {
      ...asking,
      client_id: 'mtls',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_dns: 'gateway.test',
    },
  ];
}

interface ClientFacts extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
}

/** Keeps what the server stores of one kind, in memory. */
class Store {
  readonly #facts: Map<string, object>;

  constructor(facts: ReadonlyMap<string, object>) {
    this.#facts = new Map(facts);
  }

  async find(id: string): Promise<object | undefined> {
    return this.#facts.get(id);
  }

  async upsert(id: string, facts: object): Promise<void> {
    this.#facts.set(id, facts);
  }

  async destroy(id: string): Promise<void> {
    this.#facts.delete(id);
  }
}

function configuration(jwk: object): object {
  const known = new Map(clients(jwk).map((client) => [client.client_id, client]));
  return {
    adapter: (kind: string) => new Store(kind === 'Client' ? known : new Map()),
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
    ],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    jwks: { keys: [signingKey()] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    issueRefreshToken: () => true,
    cookies: { keys: ['a key for the cookies of the server'] },
    scopes: ['read', 'write'],
    ttl: { ClientCredentials: 600, Grant: 600, RefreshToken: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          audience: 'orders-api',
          accessTokenFormat: 'opaque',
        }),
      },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: ({ socket }: { socket: TLSSocket }) => socket.getPeerX509Certificate?.(),
        certificateAuthorized: ({ socket }: { socket: TLSSocket }) => socket.authorized,
        certificateSubjectMatches: (
          { socket }: { socket: TLSSocket },
          _property: string,
          expected: string,
        ) => socket.getPeerX509Certificate()?.subjectAltName === `DNS:${expected}`,
      },
    },
  };
}
