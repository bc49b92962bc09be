import type { NodeOutcome } from './reports.ts';
import type { AdminRequest, AdminResponse, Transport } from './transport.ts';

/** What a list is narrowed to. */
export interface ListFilter {
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
  /** All of them. */
  readonly tags?: readonly string[];
  readonly name?: string;
}

export interface Page<Resource> {
  readonly data: readonly Resource[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface Read<Resource> {
  readonly resource: Resource;
  /** For `ifMatch`. */
  readonly etag: string;
}

export interface WriteOptions {
  /** Wait so long, at most 60,000 ms, until every live node of the gateways concerned enforces the write. */
  readonly waitMs?: number;
  /** Entity tag the resource must still have. */
  readonly ifMatch?: string;
  /** Only create. */
  readonly ifNoneMatch?: '*';
  /** For `create`: repeat it with the same key without doing it twice. */
  readonly idempotencyKey?: string;
}

/** What a write did. */
export interface Written<Resource> extends Read<Resource> {
  readonly revision: number;
  /** True when it was waited for in vain: the write is committed, and `nodes` says who is missing. */
  readonly isPending: boolean;
  /** Empty when nothing was waited for. */
  readonly nodes: readonly NodeOutcome[];
  readonly warnings: readonly { readonly code: string; readonly detail: string }[];
}

export type Deleted = Pick<Written<never>, 'revision' | 'isPending' | 'nodes'>;

/** Reads one collection, such as `/v1/nodes`. */
export class ReadOnlyCollection<Resource> {
  protected readonly transport: Transport;
  protected readonly path: string;

  constructor(transport: Transport, path: string) {
    this.transport = transport;
    this.path = path;
  }

  async list({ limit, after, tags = [], name }: ListFilter = {}): Promise<Page<Resource>> {
    const query = new URLSearchParams(tags.map((tag) => ['tag', tag]));
    if (limit !== undefined) query.set('limit', String(limit));
    if (after !== undefined) query.set('after', after);
    if (name !== undefined) query.set('name', name);
    const { body } = await this.transport.send({ method: 'GET', path: this.path, query });
    return { data: body['data'] as Resource[], next: (body['next'] as string | null) ?? undefined };
  }

  /** All pages, one after the other. */
  async *all(filter: Omit<ListFilter, 'after'> = {}): AsyncGenerator<Resource> {
    let after: string | undefined;
    do {
      const page: Page<Resource> = await this.list({ ...filter, ...(after === undefined ? {} : { after }) });
      yield* page.data;
      after = page.next;
    } while (after !== undefined);
  }

  /** @throws AdminProblem resource_not_found */
  async get(idOrName: string | number): Promise<Read<Resource>> {
    const { body, headers } = await this.transport.send({ method: 'GET', path: this.pathOf(idOrName) });
    return { resource: body as Resource, etag: headers.get('ETag') ?? '' };
  }

  protected pathOf(idOrName: string | number): string {
    return `${this.path}/${encodeURIComponent(idOrName)}`;
  }
}

/** Reads and writes one collection of configuration resources. `Created` is what a creation answers, once. */
export class CollectionClient<Input, Resource, Created = Resource> extends ReadOnlyCollection<Resource> {
  create(content: Input, options: WriteOptions = {}): Promise<Written<Created>> {
    return this.write('POST', this.path, content, options);
  }

  /** Creates under this name, or replaces as a whole. */
  put(name: string, content: Omit<Input, 'name' | 'username'>, options: WriteOptions = {}): Promise<Written<Resource>> {
    return this.write('PUT', this.pathOf(name), content, options);
  }

  /** JSON merge patch: null removes a property, lists are replaced. */
  patch(idOrName: string, patch: MergePatch<Input>, options: WriteOptions = {}): Promise<Written<Resource>> {
    return this.write('PATCH', this.pathOf(idOrName), patch, options);
  }

  async delete(idOrName: string, options: WriteOptions = {}): Promise<Deleted> {
    const response = await this.transport.send({ method: 'DELETE', path: this.pathOf(idOrName), ...requestOptions(options) });
    return outcome(response);
  }

  private async write<Answered>(method: AdminRequest['method'], path: string, content: unknown, options: WriteOptions): Promise<Written<Answered>> {
    const response = await this.transport.send({ method, path, content, ...requestOptions(options) });
    const { revision: _revision, nodes: _nodes, warnings = [], ...resource } = response.body;
    const etag = response.headers.get('ETag') ?? '';
    return { resource: resource as Answered, etag, ...outcome(response), warnings: warnings as Written<Answered>['warnings'] };
  }
}

/** What a patch of `Value` may hold: any part of it, and null for what is to go. */
export type MergePatch<Value> = Value extends readonly unknown[] ? Value : Value extends object ? { readonly [Name in keyof Value]?: MergePatch<Value[Name]> | null } : Value;

function requestOptions({ waitMs, ifMatch, ifNoneMatch, idempotencyKey }: WriteOptions): Pick<AdminRequest, 'query' | 'headers' | 'waitMs'> {
  const headers = { 'If-Match': ifMatch, 'If-None-Match': ifNoneMatch, 'Idempotency-Key': idempotencyKey };
  return {
    headers: Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...(waitMs === undefined ? {} : { query: new URLSearchParams({ wait: 'applied', timeout: `${waitMs}ms` }), waitMs }),
  };
}

function outcome({ status, headers, body }: AdminResponse): Deleted {
  return { revision: Number(headers.get('Sluice-Revision') ?? 0), isPending: status === 202, nodes: (body['nodes'] as NodeOutcome[] | undefined) ?? [] };
}
