import type { NodeOutcome } from './reports.ts';
import type { AdminRequest, AdminResponse, Transport } from './transport.ts';

/** Filters and paging of a list. */
export interface ListFilter {
  readonly limit?: number;
  /** `next` of the previous page. */
  readonly after?: string;
  /** Tags that a resource must all have. */
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
  /**
   * Waits up to this time, at most 60,000 ms, until every live node of the affected gateways
   * enforces the write.
   */
  readonly waitMs?: number;
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

  /** Iterates over all pages. */
  async *all(filter: Omit<ListFilter, 'after'> = {}): AsyncGenerator<Resource> {
    let after: string | undefined;
    do {
      const page: Page<Resource> = await this.list({
        ...filter,
        ...(after === undefined ? {} : { after }),
      });
      yield* page.data;
      after = page.next;
    } while (after !== undefined);
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
    return `${this.path}/${encodeURIComponent(idOrName)}`;
  }
}

/**
 * Reads and writes one collection of configuration resources. `Created` is the response to a
 * creation.
 */
export class CollectionClient<
  Input,
  Resource,
  Created = Resource,
> extends ReadOnlyCollection<Resource> {
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
    const response = await this.transport.send({
      method: 'DELETE',
      path: this.pathOf(idOrName),
      ...requestOptions(options),
    });
    return outcome(response);
  }

  private async write<Answered>(
    method: AdminRequest['method'],
    path: string,
    content: unknown,
    options: WriteOptions,
  ): Promise<Written<Answered>> {
    const response = await this.transport.send({
      method,
      path,
      content,
      ...requestOptions(options),
    });
    const { revision: _revision, nodes: _nodes, warnings = [], ...resource } = response.body;
    const etag = response.headers.get('ETag') ?? '';
    return {
      resource: resource as Answered,
      etag,
      ...outcome(response),
      warnings: warnings as Written<Answered>['warnings'],
    };
  }
}

/** A patch of `Value`: any part of it, and null for properties to remove. */
export type MergePatch<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Name in keyof Value]?: MergePatch<Value[Name]> | null }
    : Value;

function requestOptions({
  waitMs,
  ifMatch,
  ifNoneMatch,
  idempotencyKey,
}: WriteOptions): Pick<AdminRequest, 'query' | 'headers' | 'waitMs'> {
  const headers = {
    'If-Match': ifMatch,
    'If-None-Match': ifNoneMatch,
    'Idempotency-Key': idempotencyKey,
  };
  return {
    headers: Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    ...(waitMs === undefined
      ? {}
      : { query: new URLSearchParams({ wait: 'applied', timeout: `${waitMs}ms` }), waitMs }),
  };
}

function outcome({ status, headers, body }: AdminResponse): Deleted {
  return {
    revision: Number(headers.get('Sluice-Revision') ?? 0),
    isPending: status === 202,
    nodes: (body['nodes'] as NodeOutcome[] | undefined) ?? [],
  };
}
