import { CollectionClient, queryOf, ReadOnlyCollection } from './collection-client.ts';
import { pathSegment } from './path-segment.ts';
import type {
  AppliedReport,
  Ca,
  CaInput,
  Certificate,
  CertificateInput,
  Consumer,
  ConsumerInput,
  CreatedKey,
  CreatedToken,
  EffectiveFilter,
  EffectivePolicies,
  Gateway,
  GatewayInput,
  Group,
  GroupInput,
  CreatedCredential,
  Credential,
  CredentialFilter,
  CredentialInput,
  Key,
  KeyInput,
  Node,
  Policy,
  Quota,
  QuotaInput,
  Revision,
  Route,
  RouteInput,
  Service,
  ServiceInput,
  SigningKey,
  SigningKeyInput,
  Token,
  TokenInput,
} from './schema-types.ts';
import { Transport } from './transport.ts';
import type { AdminClientOptions, AdminResponse, RequestContent } from './transport.ts';

/** Keys and tokens cannot be replaced: their secret is known only on creation. */
type Irreplaceable<Input, Resource, Created> = Omit<
  CollectionClient<Input, Resource, Created>,
  'put'
>;
/** The routes of a service can be listed and created; a route that exists has its own path. */
type ServiceRoutes = Pick<CollectionClient<RouteInput, Route>, 'list' | 'all' | 'create'>;
/** Tokens are created and revoked; they have no tags. */
type Tokens = ReadOnlyCollection<Token> &
  Pick<CollectionClient<TokenInput, Token, CreatedToken>, 'create' | 'delete'>;

/** The whole Admin API, a property per collection. */
export class AdminClient {
  readonly gateways: CollectionClient<GatewayInput, Gateway>;
  readonly services: CollectionClient<ServiceInput, Service>;
  readonly routes: CollectionClient<RouteInput, Route>;
  readonly consumers: CollectionClient<ConsumerInput, Consumer>;
  readonly groups: CollectionClient<GroupInput, Group>;
  readonly quotas: CollectionClient<QuotaInput, Quota>;
  readonly certificates: CollectionClient<CertificateInput, Certificate>;
  readonly cas: CollectionClient<CaInput, Ca>;
  /** The credentials of all consumers, for lists; those of one are in `credentialsOf`. */
  readonly credentials: Pick<ReadOnlyCollection<Credential, CredentialFilter>, 'list' | 'all'>;
  readonly tokens: Tokens;
  readonly policies: ReadOnlyCollection<Policy>;
  readonly nodes: ReadOnlyCollection<Node>;
  readonly revisions: ReadOnlyCollection<Revision>;
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
    this.gateways = new CollectionClient(transport, '/v1/gateways');
    this.services = new CollectionClient(transport, '/v1/services');
    this.routes = new CollectionClient(transport, '/v1/routes');
    this.consumers = new CollectionClient(transport, '/v1/consumers');
    this.groups = new CollectionClient(transport, '/v1/groups');
    this.quotas = new CollectionClient(transport, '/v1/quotas');
    this.certificates = new CollectionClient(transport, '/v1/certificates');
    this.cas = new CollectionClient(transport, '/v1/cas');
    this.credentials = new ReadOnlyCollection(transport, '/v1/credentials');
    this.tokens = new CollectionClient(transport, '/v1/tokens');
    this.policies = new ReadOnlyCollection(transport, '/v1/policies');
    this.nodes = new ReadOnlyCollection(transport, '/v1/nodes');
    this.revisions = new ReadOnlyCollection(transport, '/v1/revisions');
  }

  /** The signing keys of a gateway. */
  signingKeysOf(gateway: string): Irreplaceable<SigningKeyInput, SigningKey, SigningKey> {
    return new CollectionClient(this.transport, `/v1/gateways/${pathSegment(gateway)}/signingKeys`);
  }

  /** The credentials of a consumer, of every type. */
  credentialsOf(consumer: string): Irreplaceable<CredentialInput, Credential, CreatedCredential> {
    return new CollectionClient(
      this.transport,
      `/v1/consumers/${pathSegment(consumer)}/credentials`,
    );
  }

  /** The keys of a consumer: the short way to credentials of type `key`. */
  keysOf(consumer: string): Irreplaceable<KeyInput, Key, CreatedKey> {
    return new CollectionClient(this.transport, `/v1/consumers/${pathSegment(consumer)}/keys`);
  }

  /** The routes of a service; a route that is created here need not name it. */
  routesOf(service: string): ServiceRoutes {
    return new CollectionClient(this.transport, `/v1/services/${pathSegment(service)}/routes`);
  }

  /** The policies that run for a route, with the resource that each is attached to. */
  async effectivePolicies(route: string, filter?: EffectiveFilter): Promise<EffectivePolicies> {
    const { body } = await this.transport.send({
      method: 'GET',
      path: `/v1/routes/${pathSegment(route)}/effective`,
      query: queryOf(filter),
    });
    return body as unknown as EffectivePolicies;
  }

  /** The nodes that enforce a revision. */
  async revisionStatus(revision: number): Promise<AppliedReport> {
    const { body } = await this.transport.send({
      method: 'GET',
      path: `/v1/revisions/${revision}/status`,
    });
    return body as unknown as AppliedReport;
  }

  /**
   * Sends any request with the token, and returns its response with any status: for header fields
   * that the typed methods do not have, and for tests of refusals.
   * @param path begins with `/` and may have a query.
   * @throws TypeError of `fetch` without a response, and a DOMException named TimeoutError after
   * the time limit.
   */
  request(method: string, path: string, content: RequestContent = {}): Promise<AdminResponse> {
    return this.transport.exchange({ method, path, ...content });
  }
}

/**
 * Creates a client of the Admin API at `url`. Sends nothing until a method is called.
 * @throws TypeError when the URL is not valid.
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  return new AdminClient(new Transport(options));
}
