import type { Resource } from '@sluice/config';
import {
  startOpenIdProvider,
  testKeyPrefix,
  testRedisUrl,
  type OpenIdProvider,
  type OpenIdProviderOptions,
  type TestCertificate,
} from '@sluice/testkit';
import { ProxyFixture } from '../../exchange/testing/proxy-fixture.ts';
import { resource } from '../../runtime/testing/resources.ts';
import { RawOrigin } from '../../upstream/testing/raw-origin.ts';
import { WebBrowser, type Page, type PageRequest } from './web-browser.ts';

interface OidcFixtureOptions {
  /** Properties of the policy in place of the usual ones. */
  readonly config?: object;
  /** Further policies of the gateway. */
  readonly others?: readonly object[];
  readonly mode?: 'enforce' | 'shadow';
  /** Nodes on one Redis; default: one node without Redis. */
  readonly sharedNodes?: number;
  readonly provider?: Partial<OpenIdProviderOptions>;
  /** Serves this host over TLS, in place of `localhost` without. */
  readonly tls?: { readonly host: string; readonly certificate: TestCertificate };
}

const callbackPath = '/.sluice/oidc/callback';

/**
 * The policy `oidc` in real proxies, with a real OpenID provider and an upstream that answers
 * `hello`. Browsers reach the first node as `http://localhost:<port>`. Tests only.
 */
export class OidcFixture {
  readonly nodes: readonly ProxyFixture[];
  readonly provider: OpenIdProvider;
  readonly origin: RawOrigin;
  /** The public URL. */
  readonly app: string;
  readonly browser = new WebBrowser();
  readonly #others: readonly object[];
  readonly #tls: OidcFixtureOptions['tls'];

  private constructor(
    nodes: readonly ProxyFixture[],
    provider: OpenIdProvider,
    origin: RawOrigin,
    app: string,
    { others = [], tls }: OidcFixtureOptions,
  ) {
    this.nodes = nodes;
    this.provider = provider;
    this.origin = origin;
    this.app = app;
    this.#others = others;
    this.#tls = tls;
  }

  static async start(options: OidcFixtureOptions = {}): Promise<OidcFixture> {
    const { sharedNodes, config = {}, mode = 'enforce', tls } = options;
    const origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    const redis =
      sharedNodes === undefined ? {} : { redisUrl: testRedisUrl(), redisPrefix: testKeyPrefix() };
    const nodes: ProxyFixture[] = [];
    for (let count = 0; count < (sharedNodes ?? 1); count++)
      nodes.push(await ProxyFixture.start({ ...redis, tls: tls !== undefined }));
    const [first] = nodes;
    const app = `${tls === undefined ? 'http://localhost' : `https://${tls.host}`}:${first?.port}`;
    const provider = await startOpenIdProvider({
      redirectUris: [`${app}${callbackPath}`],
      postLogoutRedirectUris: [`${app}/`],
      backChannelLogoutUri: `${app}/.sluice/oidc/backchannel-logout`,
      ...options.provider,
    });
    const fixture = new OidcFixture(nodes, provider, origin, app, options);
    try {
      for (const node of nodes) await node.apply(fixture.resources(config, mode));
      return fixture;
    } catch (fault) {
      await fixture.stop();
      throw fault;
    }
  }

  /** A configuration of the gateway. */
  resources(config: object, mode: 'enforce' | 'shadow' = 'enforce'): Resource[] {
    const { issuer, clientId, clientSecret } = this.provider;
    const common = { issuer, clientId, clientSecret, allowPrivateAddresses: true };
    const keys = {
      publicUrls: [this.app],
      sessionKeys: ['a secret of 32 characters or more, no 1'],
    };
    const policies = [
      { name: 'oidc', mode, config: { ...common, ...keys, ...config } },
      ...this.#others,
    ];
    const tls = this.#tls?.certificate;
    const certificates =
      tls === undefined
        ? []
        : [
            resource('certificate', {
              name: 'shop',
              certificate: tls.cert,
              key: tls.key,
              gateways: ['gateway-default'],
            }),
          ];
    return [
      ...certificates,
      resource('gateway', { name: 'default', policies } as never),
      resource('consumer', { username: 'jane' }),
      resource('service', { name: 'shop', targets: [{ address: this.origin.address }] }),
      resource('route', { name: 'shop', paths: ['/shop/*'], service: 'service-shop' }),
    ];
  }

  get proxy(): ProxyFixture {
    return this.nodes[0] as ProxyFixture;
  }

  /** Everything that the upstream has received. */
  get forwarded(): string {
    return this.origin.connections.map(({ received }) => received).join('');
  }

  get cookies(): Map<string, string> {
    return this.browser.cookiesOf('localhost');
  }

  /** Opens a path of the application. */
  open(path: string, options?: PageRequest): Promise<Page> {
    return this.browser.open(`${this.app}${path}`, options);
  }

  /** Opens a path, and logs in with the form that the provider shows. */
  async logIn(path = '/shop/1', as = 'jane'): Promise<Page> {
    return await this.browser.submit(await this.open(path), { login: as, password: 'any' });
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    this.origin.stop();
    await this.provider.stop();
  }
}
