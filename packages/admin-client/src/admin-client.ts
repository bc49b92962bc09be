import { CollectionClient, ReadOnlyCollection } from './collection-client.ts';
import type { AppliedReport, EffectivePolicies, Node, Policy, Revision } from './reports.ts';
import type {
  Consumer,
  ConsumerInput,
  CreatedKey,
  CreatedToken,
  Gateway,
  GatewayInput,
  Group,
  GroupInput,
  Key,
  KeyInput,
  Quota,
  QuotaInput,
  Route,
  RouteInput,
  Service,
  ServiceInput,
  Token,
  TokenInput,
} from './resources.ts';
import { Transport } from './transport.ts';
import type { AdminClientOptions } from './transport.ts';

/** Keys and tokens cannot be replaced: their secret is known only on creation. */
type Irreplaceable<Input, Resource, Created> = Omit<
  CollectionClient<Input, Resource, Created>,
  'put'
>;

/** The resources for which effective policies are computed. */
export interface PointOfView {
  readonly gateway?: string;
  readonly service?: string;
  readonly consumer?: string;
}

/** The whole Admin API, a property per collection. */
export class AdminClient {
  readonly gateways: CollectionClient<GatewayInput, Gateway>;
  readonly services: CollectionClient<ServiceInput, Service>;
  readonly routes: CollectionClient<RouteInput, Route>;
  readonly consumers: CollectionClient<ConsumerInput, Consumer>;
  readonly groups: CollectionClient<GroupInput, Group>;
  readonly quotas: CollectionClient<QuotaInput, Quota>;
  readonly tokens: Omit<Irreplaceable<TokenInput, Token, CreatedToken>, 'patch'>;
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
    this.tokens = new CollectionClient(transport, '/v1/tokens');
    this.policies = new ReadOnlyCollection(transport, '/v1/policies');
    this.nodes = new ReadOnlyCollection(transport, '/v1/nodes');
    this.revisions = new ReadOnlyCollection(transport, '/v1/revisions');
  }

  /** The keys of a consumer. */
  keysOf(consumer: string): Irreplaceable<KeyInput, Key, CreatedKey> {
    return new CollectionClient(
      this.transport,
      `/v1/consumers/${encodeURIComponent(consumer)}/keys`,
    );
  }

  /** The routes of a service; a route that is created here need not name it. */
  routesOf(service: string): Pick<CollectionClient<RouteInput, Route>, 'list' | 'all' | 'create'> {
    return new CollectionClient(
      this.transport,
      `/v1/services/${encodeURIComponent(service)}/routes`,
    );
  }

  /** The policies that run for a route, with the resource that each is attached to. */
  async effectivePolicies(
    route: string,
    pointOfView: PointOfView = {},
  ): Promise<EffectivePolicies> {
    const query = new URLSearchParams(
      Object.entries(pointOfView).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    const { body } = await this.transport.send({
      method: 'GET',
      path: `/v1/routes/${encodeURIComponent(route)}/effective`,
      query,
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
}

/** Creates a client of the Admin API at `url`. Sends nothing until a method is called. */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  return new AdminClient(new Transport(options));
}
