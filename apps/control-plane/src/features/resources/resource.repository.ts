import { Injectable } from '@nestjs/common';
import { kindOf, nameOf, referencesOf } from '@sluice/config';
import type { Kind, ResourceReference, Spec, UniqueValue } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { Name, isId } from '@sluice/schema';
import { violates } from '../../platform/database/database-errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { nameTaken } from './resource-faults.ts';
import type { StoredResource } from './stored-resource.ts';

const columns =
  'id, kind, scope, name, spec, version, created_at AS "createdAt", updated_at AS "updatedAt"';

/** The rows of one page of a list. */
export interface ResourcePage<K extends Kind> {
  readonly rows: StoredResource<K>[];
  /** True when rows within the limit were left out because of the size of the page. */
  readonly isCut: boolean;
}

/** The size of a page's specs, in bytes, from which on no further resource is added to it. */
const maxPageBytes = 1_048_576;

/**
 * Uses were not noted before the table was there: a credential without one counts as used until
 * then.
 */
const isUnused = `(greatest(created_at, (SELECT since FROM credential_usage_since)) < now() - $11 * interval '1 second'
  AND NOT EXISTS (SELECT FROM credential_usage WHERE credential = resource.id AND last_used_at >= now() - $11 * interval '1 second'))`;
const isExpiring = `(spec ? 'expiresAt' AND (spec ->> 'expiresAt')::timestamptz BETWEEN now() AND now() + $12 * interval '1 second')`;

/** The purpose for which a row is locked until the transaction ends. */
export type RowLock = 'none' | 'update' | 'delete';

const lockClauses: Readonly<Record<RowLock, string>> = {
  none: '',
  // Does not block other transactions that insert references to the row.
  update: 'FOR NO KEY UPDATE',
  // Waits for transactions that are inserting references to the row, and makes later ones wait.
  delete: 'FOR UPDATE',
};

/** Selects credentials by their use and their expiry. */
export interface CredentialFilter {
  /** Not used within so many seconds, and not created within them. */
  readonly unusedSeconds?: number | undefined;
  /** Expires within so many seconds from now. */
  readonly expiringSeconds?: number | undefined;
}

/** Selects the resources of a list. */
export interface ResourceFilter {
  readonly kind: Kind;
  readonly scope: string | null;
  readonly tags: readonly string[];
  readonly name: string | undefined;
  /** Selects only resources that refer to the resource with this id. */
  readonly refersTo?: string;
  /** Selects only resources whose spec has this type. */
  readonly type?: string | undefined;
  /** Selects the resources of all owners, in the order of their ids, and ignores `scope`. */
  readonly isOfAnyOwner?: boolean | undefined;
  readonly credentials?: CredentialFilter | undefined;
  /** The name, or the id, after which the page begins. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** The rows of all configuration resources. */
@Injectable()
export class ResourceRepository {
  async find<K extends Kind>(
    sql: Sql,
    kind: K,
    scope: string | null,
    idOrName: string,
    lock: RowLock = 'none',
  ): Promise<StoredResource<K> | undefined> {
    // Invalid names are not queried, because the database refuses some of them as text.
    if (!isId(idOrName) && !Name.safeParse(idOrName).success) return undefined;
    const column = isId(idOrName) ? 'id' : 'name';
    const text = `SELECT ${columns} FROM resource WHERE kind = $1 AND scope IS NOT DISTINCT FROM $2 AND ${column} = $3 ${lockClauses[lock]}`;
    const [row] = await sql.query<StoredResource<K>>(text, [kind, scope, idOrName]);
    return row;
  }

  /**
   * Lists resources in the order of their names, or of their ids when they have several owners. The page always has the first one; it has another
   * while the specs before it are smaller than {@link maxPageBytes} together.
   */
  async list<K extends Kind>(
    sql: Sql,
    filter: ResourceFilter & { readonly kind: K },
  ): Promise<ResourcePage<K>> {
    const { kind, scope, tags, name, refersTo, type, credentials, after, limit } = filter;
    const isOfAnyOwner = filter.isOfAnyOwner === true;
    const order = isOfAnyOwner ? 'id' : 'name';
    const rows = await sql.query<StoredResource<K> & { fetched: number }>(
      `SELECT ${columns}, fetched FROM (
         SELECT *, count(*) OVER ()::int AS fetched, sum(octet_length(spec::text)) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
         FROM (SELECT * FROM resource
       WHERE kind = $1 AND ($10 OR scope IS NOT DISTINCT FROM $2)
         AND ($3::text[] = '{}' OR tags @> $3)
         AND ($4::text IS NULL OR name = $4)
         AND ($5::uuid IS NULL OR EXISTS (SELECT FROM resource_reference WHERE source = resource.id AND target = $5))
         AND ($6::text IS NULL OR ${isOfAnyOwner ? 'id > $6::uuid' : 'name > $6 COLLATE "C"'})
         AND ($9::text IS NULL OR spec ->> 'type' = $9)
         AND ($11::float8 IS NULL OR ${isUnused})
         AND ($12::float8 IS NULL OR ${isExpiring})
       ORDER BY ${order} LIMIT $7) AS page) AS measured
       WHERE coalesce(bytes_before, 0) < $8 ORDER BY ${order}`,
      [
        kind,
        scope,
        tags,
        name ?? null,
        refersTo ?? null,
        after ?? null,
        limit,
        maxPageBytes,
        type ?? null,
        isOfAnyOwner,
        credentials?.unusedSeconds ?? null,
        credentials?.expiringSeconds ?? null,
      ],
    );
    return {
      rows: rows.map(({ fetched: _fetched, ...row }) => row as StoredResource<K>),
      isCut: rows.length < (rows[0]?.fetched ?? 0),
    };
  }

  /** Returns resources by their ids, locked for a change. */
  async lockEach<K extends Kind>(
    sql: Sql,
    kind: K,
    ids: readonly string[],
  ): Promise<StoredResource<K>[]> {
    return sql.query(
      `SELECT ${columns} FROM resource WHERE kind = $1 AND id = ANY($2::uuid[])
       ORDER BY id ${lockClauses.update}`,
      [kind, ids],
    );
  }

  /** Returns the resources that another resource owns, locked for deletion. */
  async ownedBy(sql: Sql, scope: string): Promise<StoredResource[]> {
    return sql.query(`SELECT ${columns} FROM resource WHERE scope = $1 ORDER BY name FOR UPDATE`, [
      scope,
    ]);
  }

  /** Inserts a resource; returns undefined when the name is taken in its scope. */
  async insert<K extends Kind>(
    sql: Sql,
    kind: K,
    id: string,
    scope: string | null,
    spec: Spec<K>,
  ): Promise<StoredResource<K> | undefined> {
    const [row] = await sql
      .query<StoredResource<K>>(
        `INSERT INTO resource (id, kind, scope, name, spec, tags, unique_value) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT resource_name_taken DO NOTHING RETURNING ${columns}`,
        [
          id,
          kind,
          scope,
          nameOf(kind, spec),
          JSON.stringify(spec),
          spec.tags,
          uniqueValueOf(kind, spec)?.value ?? null,
        ],
      )
      .catch(explainTaken(kind, spec));
    if (row !== undefined) await this.insertReferences(sql, row);
    return row;
  }

  /**
   * Stores a new spec. The row must be locked.
   * @throws GatewayError name_taken when another resource has the new name, even from a concurrent
   * transaction.
   */
  async update<K extends Kind>(
    sql: Sql,
    current: StoredResource<K>,
    spec: Spec<K>,
  ): Promise<StoredResource<K>> {
    const { id, kind } = current;
    const [row] = await sql
      .query<StoredResource<K>>(
        `UPDATE resource SET name = $2, spec = $3, tags = $4, unique_value = $5, version = version + 1, updated_at = now() WHERE id = $1 RETURNING ${columns}`,
        [
          id,
          nameOf(kind, spec),
          JSON.stringify(spec),
          spec.tags,
          uniqueValueOf(kind, spec)?.value ?? null,
        ],
      )
      .catch(explainTaken(kind, spec));
    if (row === undefined) throw new Error('a locked row does not exist');
    // References in properties of a later release stay: these properties stay as well.
    await sql.query(
      'DELETE FROM resource_reference WHERE source = $1 AND pointer = ANY($2::text[])',
      [id, referencesOf(kind, current.spec).map(({ pointer }) => pointer)],
    );
    await this.insertReferences(sql, row);
    return row;
  }

  /** Deletes a row, which must be locked for deletion and have no referrers. */
  async delete(sql: Sql, id: string): Promise<void> {
    await sql.query('DELETE FROM resource WHERE id = $1', [id]);
  }

  /** Returns up to `limit` resources that refer to a resource, without those that it owns. */
  async referrers(
    sql: Sql,
    id: string,
    limit: number,
  ): Promise<Pick<StoredResource, 'id' | 'kind' | 'name'>[]> {
    return sql.query(
      `SELECT DISTINCT r.id, r.kind, r.name FROM resource_reference JOIN resource r ON r.id = source
       WHERE target = $1 AND r.scope IS DISTINCT FROM $1 ORDER BY r.kind, r.name LIMIT $2`,
      [id, limit],
    );
  }

  /**
   * Returns the ids of the referenced resources that exist, by `kind:target` as written. Locks
   * them, so that they cannot be deleted before the transaction ends.
   */
  async resolve(sql: Sql, references: readonly ResourceReference[]): Promise<Map<string, string>> {
    const ids = references.filter(({ target }) => isId(target)).map(({ target }) => target);
    const named = references.filter(({ target }) => Name.safeParse(target).success);
    if (ids.length + named.length === 0) return new Map();
    const rows = await sql.query<{ id: string; kind: Kind; name: string }>(
      `SELECT id, kind, name FROM resource
       WHERE id IN (
         SELECT unnest($1::uuid[]) UNION
         SELECT named.id FROM unnest($2::text[], $3::text[]) AS wanted(kind, name)
         JOIN resource AS named ON named.kind = wanted.kind AND named.scope IS NULL AND named.name = wanted.name)
       ORDER BY id FOR KEY SHARE`,
      [ids, named.map(({ kind }) => kind), named.map(({ target }) => target)],
    );
    return new Map(
      rows.flatMap(({ id, kind, name }) => [
        [`${kind}:${id}`, id] as const,
        [`${kind}:${name}`, id] as const,
      ]),
    );
  }

  /** Returns the names of resources by their ids. */
  async namesOf(sql: Sql, ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await sql.query<{ id: string; name: string }>(
      'SELECT id, name FROM resource WHERE id = ANY($1::uuid[])',
      [wanted],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  private async insertReferences(sql: Sql, { id, kind, spec }: StoredResource): Promise<void> {
    const references = referencesOf(kind, spec);
    if (references.length === 0) return;
    await sql.query(
      'INSERT INTO resource_reference (source, pointer, target) SELECT $1, * FROM unnest($2::text[], $3::uuid[])',
      [id, references.map(({ pointer }) => pointer), references.map(({ target }) => target)],
    );
  }
}

/** Turns a unique violation, which a concurrent transaction may cause, into a GatewayError. */
function explainTaken<K extends Kind>(kind: K, spec: Spec<K>): (error: unknown) => never {
  return (error) => {
    if (violates(error, 'resource_name_taken')) throw nameTaken(kind, nameOf(kind, spec));
    const unique = uniqueValueOf(kind, spec);
    if (unique === undefined || !violates(error, 'resource_value_taken')) throw error;
    throw new GatewayError('name_taken', {
      detail: `this ${unique.noun} is already in use`,
      errors: [{ pointer: `/${unique.writtenAs}`, detail: 'is already in use' }],
    });
  };
}

function uniqueValueOf(kind: Kind, spec: Spec): UniqueValue | undefined {
  return kindOf(kind).uniqueBy?.(spec);
}
