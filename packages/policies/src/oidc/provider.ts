import { HttpFault, type HttpClient, type PolicyHost } from '@sluice/policy-sdk';
import { errorMessage } from '@sluice/errors';
import type * as OpenIdClient from 'openid-client';
import type {
  Configuration,
  CustomFetch,
  IDToken,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client';
import { faultOfProvider } from './provider-fault.ts';
import type { OidcConfig } from './schema.ts';

type Library = typeof OpenIdClient;

/** Tokens that the provider has issued. */
export interface Tokens {
  /** Claims of the ID token, and of the userinfo endpoint; undefined without an ID token. */
  readonly claims: IDToken | undefined;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** When the access token ends, milliseconds since the epoch; undefined when it is not known. */
  readonly expiresAtMs: number | undefined;
}

/** Checks of the response to an authorization request. */
export interface ResponseChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

type ProviderConfig = Pick<
  OidcConfig,
  | 'issuer'
  | 'clientId'
  | 'clientSecret'
  | 'clientAuthentication'
  | 'scopes'
  | 'authorizationParameters'
  | 'userInfo'
  | 'allowPrivateAddresses'
  | 'timeoutMs'
>;

const metadataTtlMs = 3_600_000;
/** How long no attempt is made after one that failed. */
const pauseMs = 2_000;
const maxBytes = 262_144;

/**
 * The OpenID provider: its metadata, which is loaded when it is first needed and then every hour,
 * and its endpoints. Calls reject with a `LoginFault` when the provider refuses, and with another
 * fault when it fails.
 */
export class Provider {
  readonly #config: ProviderConfig;
  readonly #host: PolicyHost;
  readonly #http: HttpClient;
  readonly #library: Promise<Library>;
  #loading: Promise<Configuration> | undefined;
  #loaded: { readonly configuration: Configuration; readonly atMs: number } | undefined;
  #failed: { readonly fault: unknown; readonly atMs: number } | undefined;

  constructor(config: ProviderConfig, host: PolicyHost) {
    this.#config = config;
    this.#host = host;
    const { allowPrivateAddresses, timeoutMs } = config;
    this.#http = host.http({ allowPrivateAddresses, timeoutMs, maxBytes });
    // The library is large, so only nodes with this policy load it.
    this.#library = import('openid-client');
    // Awaited where it is needed; without a listener a fault would end the process.
    this.#library.catch(() => undefined);
  }

  /** The URL that a browser is sent to for a login. */
  async authorizationUrl(
    redirectUri: string,
    { state, nonce, verifier }: ResponseChecks,
  ): Promise<string> {
    const [library, configuration] = await this.#ready();
    const { scopes, authorizationParameters } = this.#config;
    const url = library.buildAuthorizationUrl(configuration, {
      ...authorizationParameters,
      redirect_uri: redirectUri,
      scope: [...new Set(['openid', ...scopes])].join(' '),
      state,
      nonce,
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /** Exchanges the code of a callback for tokens (RFC 6749 section 4.1.3, RFC 7636, RFC 9207). */
  async exchangeCode(callback: URL, checks: ResponseChecks): Promise<Tokens> {
    return await this.#call(async (library, configuration) => {
      const answer = await library.authorizationCodeGrant(configuration, callback, {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        pkceCodeVerifier: checks.verifier,
        idTokenExpected: true,
      });
      return await this.#tokensOf(library, configuration, answer);
    });
  }

  /** Exchanges a refresh token for new tokens (RFC 6749 section 6). */
  async refresh(refreshToken: string): Promise<Tokens> {
    return await this.#call(async (library, configuration) => {
      const answer = await library.refreshTokenGrant(configuration, refreshToken);
      return await this.#tokensOf(library, configuration, answer);
    });
  }

  /**
   * The URL that a browser is sent to for a logout (OpenID Connect RP-Initiated Logout 1.0);
   * undefined when the provider has none.
   */
  async endSessionUrl(returnTo: string, idToken: string | undefined): Promise<string | undefined> {
    const [library, configuration] = await this.#ready();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    const hint = idToken === undefined ? undefined : { id_token_hint: idToken };
    const parameters = { post_logout_redirect_uri: returnTo, ...hint };
    return library.buildEndSessionUrl(configuration, parameters).href;
  }

  async #tokensOf(
    library: Library,
    configuration: Configuration,
    answer: TokenEndpointResponse & TokenEndpointResponseHelpers,
  ): Promise<Tokens> {
    const idClaims = answer.claims();
    const expiresIn = answer.expiresIn();
    const userClaims =
      this.#config.userInfo && idClaims !== undefined
        ? await library.fetchUserInfo(configuration, answer.access_token, idClaims.sub)
        : undefined;
    return {
      // The ID token is signed, so its claims come first.
      claims: idClaims === undefined ? undefined : { ...userClaims, ...idClaims },
      idToken: answer.id_token,
      refreshToken: answer.refresh_token,
      expiresAtMs: expiresIn === undefined ? undefined : this.#host.clock.now() + expiresIn * 1_000,
    };
  }

  async #call<Result>(
    act: (library: Library, configuration: Configuration) => Promise<Result>,
  ): Promise<Result> {
    const [library, configuration] = await this.#ready();
    try {
      return await act(library, configuration);
    } catch (fault) {
      throw faultOfProvider(fault, library);
    }
  }

  /** Loads the metadata when it is due. Metadata that is down does no harm once it was loaded. */
  async #ready(): Promise<readonly [Library, Configuration]> {
    const library = await this.#library;
    const nowMs = this.#host.clock.now();
    const loaded = this.#loaded;
    if (loaded !== undefined && Math.abs(nowMs - loaded.atMs) < metadataTtlMs)
      return [library, loaded.configuration];
    const failed = this.#failed;
    const isPausing = failed !== undefined && Math.abs(nowMs - failed.atMs) < pauseMs;
    try {
      if (isPausing) throw failed.fault;
      this.#loading ??= this.#load(library).finally(() => (this.#loading = undefined));
      return [library, await this.#loading];
    } catch (fault) {
      if (loaded === undefined) throw fault;
      return [library, loaded.configuration];
    }
  }

  async #load(library: Library): Promise<Configuration> {
    const { issuer, clientId, clientSecret, clientAuthentication, timeoutMs } = this.#config;
    const authentication =
      clientSecret === undefined
        ? library.None()
        : clientAuthentication === 'client_secret_post'
          ? library.ClientSecretPost(clientSecret)
          : library.ClientSecretBasic(clientSecret);
    const isPlain = issuer.startsWith('http:');
    try {
      const configuration = await library.discovery(
        new URL(issuer),
        clientId,
        { [library.clockTolerance]: 30 },
        authentication,
        {
          timeout: Math.ceil(timeoutMs / 1_000) + 1,
          execute: [
            library.enableNonRepudiationChecks,
            // The schema allows http: in private networks only.
            ...(isPlain ? [library.allowInsecureRequests] : []),
          ],
          [library.customFetch]: fetchOver(this.#http),
        },
      );
      this.#loaded = { configuration, atMs: this.#host.clock.now() };
      this.#failed = undefined;
      return configuration;
    } catch (fault) {
      const known = faultOfProvider(fault, library);
      this.#failed = { fault: known, atMs: this.#host.clock.now() };
      this.#host.logger.warn('the metadata of the OpenID provider cannot be loaded', {
        issuer,
        fault: errorMessage(known),
      });
      throw known;
    }
  }
}

/** A `fetch` over the client of the host, with its bounds. */
function fetchOver(http: HttpClient): CustomFetch {
  return async (url, { method, headers, body }) => {
    const content = body instanceof URLSearchParams ? body.toString() : body;
    if (content !== undefined && content !== null && typeof content !== 'string')
      throw new TypeError('the body of a call to the provider is not a text');
    const {
      status,
      headers: fields,
      body: bytes,
    } = await http.request(url, {
      method,
      headers,
      ...(typeof content === 'string' ? { body: content } : {}),
    });
    if (status < 200) throw new HttpFault('invalid_response', `the provider answered ${status}`);
    const hasContent = status !== 204 && status !== 205 && status !== 304;
    return new Response(hasContent ? Buffer.from(bytes) : null, {
      status,
      headers: fields.names().map((name): [string, string] => [name, fields.get(name) ?? '']),
    });
  };
}
