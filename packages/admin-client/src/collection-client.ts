import { NotAppliedError } from './not-applied-error.ts';
import { pathSegment } from './path-segment.ts';
import type { ListFilter, MergePatch, NodeOutcome, PageFilter, Warning } from './schema-types.ts';
import type { AdminRequest, AdminResponse, Transport } from './transport.ts';

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
  /**
   * Waits up to this time, at most 60,000 ms, until every live node of the affected gateways
   * enforces the write.
   */
  readonly waitMs?: number;
  /** With a wait: throws NotAppliedError when it times out. */
  readonly requireApplied?: boolean;
  /** Entity tag that the resource must still have. */
  readonly ifMatch?: string;
  /** Creates only; fails when the resource exists. */
  readonly ifNoneMatch?: '*';
  /** For `create`: a repeated call with the same key creates the resource only once. */
  readonly idempotencyKey?: string;
}

/** The result of a write. */
export interface Written<Resource> extends Read<Resource> {
  readonly revision: number;
  /** True when the wait timed out: the write is committed, and `nodes` shows the missing nodes. */
  readonly isPending: boolean;
  /** Empty without a wait. */
  readonly nodes: readonly NodeOutcome[];
  readonly warnings: readonly Warning[];
}

export type Deleted = Pick<Written<never>, 'revision' | 'isPending' | 'nodes'>;

/** Reads one collection, such as `/v1/nodes`. */
export class ReadOnlyCollection<Resource, Filter extends PageFilter = PageFilter> {
  protected readonly transport: Transport;
  protected readonly path: string;

  constructor(transport: Transport, path: string) {
    this.transport = transport;
    this.path = path;
  }

  /** Reads one page. */
  async list(filter?: Filter): Promise<Page<Resource>> {
    const { body } = await this.transport.send({
      method: 'GET',
      path: this.path,
      query: queryOf(filter),
    });
    return { data: body['data'] as Resource[], next: (body['next'] as string | null) ?? undefined };
  }

  /** Iterates over the resources of all pages, from `filter.after` on. */
  async *all(filter?: Filter): AsyncGenerator<Resource> {
    let page: Page<Resource> = await this.list(filter);
    yield* page.data;
    while (page.next !== undefined) {
      page = await this.list({ ...filter, after: page.next } as Filter);
      yield* page.data;
    }
  }

  /** @throws AdminProblem resource_not_found */
  async get(idOrName: string | number): Promise<Read<Resource>> {
    const { body, headers } = await this.transport.send({
      method: 'GET',
      path: this.pathOf(idOrName),
    });
    return { resource: body as Resource, etag: headers.get('ETag') ?? '' };
  }

  protected pathOf(idOrName: string | number): string {
    return `${this.path}/${pathSegment(idOrName)}`;
  }
}

/**
 * Reads and writes one collection of configuration resources. `Created` is the response to a
 * creation.
 */
export class CollectionClient<Input, Resource, Created = Resource> extends ReadOnlyCollection<
  Resource,
  ListFilter
> {
  create(content: Input, options: WriteOptions = {}): Promise<Written<Created>> {
    return this.write('POST', this.path, content, options);
  }

  /** Creates the resource of this name, or replaces it as a whole. */
  put(
    name: string,
    content: Omit<Input, 'name' | 'username'>,
    options: WriteOptions = {},
  ): Promise<Written<Resource>> {
    return this.write('PUT', this.pathOf(name), content, options);
  }

  /** JSON merge patch: null removes a property, lists are replaced. */
  patch(
    idOrName: string,
    patch: MergePatch<Input>,
    options: WriteOptions = {},
  ): Promise<Written<Resource>> {
    return this.write('PATCH', this.pathOf(idOrName), patch, options);
  }

  async delete(idOrName: string, options: WriteOptions = {}): Promise<Deleted> {
    const request = requestOf('DELETE', this.pathOf(idOrName), options);
    return outcome(request, await this.transport.send(request), options);
  }

  private async write<Answered>(
    method: string,
    path: string,
    content: unknown,
    options: WriteOptions,
  ): Promise<Written<Answered>> {
    const request = { ...requestOf(method, path, options), content };
    const response = await this.transport.send(request);
    const { revision: _revision, nodes: _nodes, warnings = [], ...resource } = response.body;
    return {
      resource: resource as Answered,
      etag: response.headers.get('ETag') ?? '',
      ...outcome(request, response, options),
      warnings: warnings as Warning[],
    };
  }
}

type QueryValue = string | number | readonly string[] | undefined;

/** The query of a filter: a list repeats its parameter, and undefined omits it. */
export function queryOf(filter: Readonly<Record<string, QueryValue>> = {}): URLSearchParams {
  return new URLSearchParams(
    Object.entries(filter).flatMap(([name, value = []]) =>
      [value].flat().map((each) => [name, String(each)]),
    ),
  );
}

function requestOf(
  method: string,
  path: string,
  { waitMs, ifMatch, ifNoneMatch, idempotencyKey }: WriteOptions,
): AdminRequest {
  const headers = {
    'If-Match': ifMatch,
    'If-None-Match': ifNoneMatch,
    'Idempotency-Key': idempotencyKey,
  };
  return {
    method,
    path,
    headers: Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

/** @throws NotAppliedError when the write had to be applied and is not. */
function outcome(
  { method, path }: AdminRequest,
  { status, headers, body }: AdminResponse,
  { requireApplied = false }: WriteOptions,
): Deleted {
  const revision = Number(headers.get('Sluice-Revision') ?? 0);
  const isPending = status === 202;
  const nodes = (body['nodes'] as NodeOutcome[] | undefined) ?? [];
  if (isPending && requireApplied) throw new NotAppliedError(`${method} ${path}`, revision, nodes);
  return { revision, isPending, nodes };
}
