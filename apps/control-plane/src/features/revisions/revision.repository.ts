import { SpanKind, trace } from '@opentelemetry/api';
import { Injectable } from '@nestjs/common';
import { kindOf, kinds } from '@sluice/config';
import type { Kind } from '@sluice/config';
import { spanAttributes, writeSpanAttributes } from '@sluice/telemetry';
import type { Sql } from '../../platform/database/database.ts';
import type { IdempotentAnswer } from '../../platform/idempotency/idempotency.ts';
import { activeTraceparent, inSpan } from '../../platform/tracing/spans.ts';
import { isDeliveredByGateway, isUsedByOthers, linksOf } from './revision-feed/links.ts';
import type { Change, ChangeAction, Revision, RevisionAuthor } from './revision.ts';

/**
 * Inserts the next revision, its changes and the stored response, if any, and notifies the revision
 * feeds. `used` holds the changed resources that others may refer to ($5), and those that refer to
 * them without naming gateways. A LATERAL join with LIMIT 1 finds the gateways that serve them,
 * because one route is enough and there may be 100,000.
 */
const commitStatement = `
  WITH RECURSIVE used AS (
    SELECT unnest($5::uuid[]) AS id
    UNION SELECT reference.source FROM used
      JOIN resource AS target ON target.id = used.id AND target.kind = ANY($9::text[])
      JOIN resource_reference AS reference ON reference.target = used.id),
  head AS (UPDATE config_head SET revision = revision + 1 RETURNING revision),
  concerned AS (
    SELECT array_agg(name ORDER BY name) AS names FROM (
      SELECT unnest($3::text[]) AS name
      UNION SELECT name FROM resource WHERE kind = 'gateway' AND (id = ANY($4::uuid[]) OR id IN (SELECT id FROM used))
      UNION SELECT gateway.name FROM used JOIN resource_reference AS own ON own.source = used.id
        JOIN resource AS gateway ON gateway.id = own.target AND gateway.kind = 'gateway'
      UNION SELECT gateway.name FROM resource AS gateway CROSS JOIN LATERAL (
        SELECT FROM resource_reference AS serving JOIN resource_reference AS uses ON uses.source = serving.source
        WHERE serving.target = gateway.id AND uses.target = ANY(ARRAY(SELECT id FROM used)) LIMIT 1) AS any_route
        WHERE gateway.kind = 'gateway') AS names),
  entry AS (
    INSERT INTO revision (revision, actor, request_id, gateways, traceparent)
    SELECT head.revision, $1, $2, CASE WHEN $3::text[] IS NULL THEN NULL ELSE coalesce(concerned.names, '{}') END, $8 FROM head, concerned),
  changes AS (
    INSERT INTO change (revision, ordinal, kind, resource_id, name, before, after)
    SELECT head.revision, ordinality, value ->> 'kind', (value ->> 'id')::uuid, value ->> 'name',
           nullif(value -> 'before', 'null'), nullif(value -> 'after', 'null')
    FROM head, jsonb_array_elements($6::jsonb) WITH ORDINALITY),
  record AS (
    INSERT INTO idempotency_record (token_id, key, request_hash, status, headers, body, sealed)
    SELECT "tokenId", key, "requestHash", status, headers, body || jsonb_build_object('revision', head.revision), sealed
    FROM head, jsonb_to_record($7::jsonb)
      AS r("tokenId" uuid, key text, "requestHash" text, status integer, headers jsonb, body jsonb, sealed text)
    WHERE key IS NOT NULL)
  SELECT revision, pg_notify('sluice_revision', revision::text) FROM head`;

const columns =
  'revision, committed_at AS "committedAt", actor, request_id AS "requestId", gateways';

type RevisionRow = Omit<Revision, 'revision'> & { readonly revision: string };

/** The revisions and their changes. Only this class creates revisions. */
@Injectable()
export class RevisionRepository {
  /**
   * Creates the revision of this transaction. Only the commit may follow, because the head row is
   * locked from here on. So revisions are in commit order and have no gaps.
   * @returns the number of the revision.
   */
  async commit(
    sql: Sql,
    author: RevisionAuthor,
    changes: readonly Change[],
    idempotent: IdempotentAnswer | undefined,
  ): Promise<number> {
    // The span that the nodes which apply the revision are children of: its traceparent is stored
    // with the revision.
    return inSpan(
      'commit revision',
      SpanKind.PRODUCER,
      { [writeSpanAttributes.changes]: changes.length },
      () => this.store(sql, author, changes, idempotent),
    );
  }

  private async store(
    sql: Sql,
    author: RevisionAuthor,
    changes: readonly Change[],
    idempotent: IdempotentAnswer | undefined,
  ): Promise<number> {
    // Locked first, so that the snapshot of the next statement includes all earlier revisions.
    await this.lockHead(sql);
    const { names, gateways, used } = concernOf(changes);
    const [row] = await sql.query<{ revision: string }>(commitStatement, [
      author.actor,
      author.requestId,
      names,
      gateways,
      used,
      JSON.stringify(changes),
      JSON.stringify(idempotent ?? {}),
      activeTraceparent() ?? null,
      indirectKinds,
    ]);
    if (row === undefined) throw new Error('config_head has no row: the database was not migrated');
    trace.getActiveSpan()?.setAttribute(spanAttributes.revision, Number(row.revision));
    return Number(row.revision);
  }

  /** Returns the newest revision. */
  async head(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ revision: string }>('SELECT revision FROM config_head');
    return Number(row?.revision ?? 0);
  }

  /** Returns the newest revision and locks the head row until the transaction ends. */
  async lockHead(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ revision: string }>(
      'SELECT revision FROM config_head FOR UPDATE',
    );
    return Number(row?.revision ?? 0);
  }

  /** Lists revisions, newest first. */
  async list(sql: Sql, beforeRevision: number | undefined, limit: number): Promise<Revision[]> {
    const rows = await sql.query<RevisionRow>(
      `SELECT ${columns} FROM revision WHERE $1::bigint IS NULL OR revision < $1 ORDER BY revision DESC LIMIT $2`,
      [beforeRevision ?? null, limit],
    );
    return rows.map(toRevision);
  }

  async find(sql: Sql, revision: number): Promise<Revision | undefined> {
    const rows = await sql.query<RevisionRow>(
      `SELECT ${columns} FROM revision WHERE revision = $1`,
      [revision],
    );
    return rows.map(toRevision)[0];
  }

  /** Returns the changes of a revision, in the order in which they were made. */
  async changesOf(sql: Sql, revision: number): Promise<Change[]> {
    return sql.query(
      'SELECT kind, resource_id AS id, name, before, after FROM change WHERE revision = $1 ORDER BY ordinal',
      [revision],
    );
  }

  /**
   * Returns changes without the resources before and after, because a revision may have very many
   * changes.
   */
  async changesBetween(
    sql: Sql,
    from: number,
    to: number,
  ): Promise<
    (Pick<Change, 'kind' | 'id' | 'name'> & {
      readonly revision: string;
      readonly action: ChangeAction;
    })[]
  > {
    return sql.query(
      `SELECT revision, kind, resource_id AS id, name,
              CASE WHEN before IS NULL THEN 'created' WHEN after IS NULL THEN 'deleted' ELSE 'updated' END AS action
       FROM change WHERE revision BETWEEN $1 AND $2 ORDER BY revision, ordinal`,
      [from, to],
    );
  }

  /** Returns the names of the resources that still exist, by id. */
  async namesOf(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await sql.query<{ id: string; name: string }>(
      'SELECT id, name FROM resource WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}

/**
 * Kinds that are referred to by resources which do not name gateways themselves, such as the CA of a
 * service: their gateways are found over several references.
 */
const indirectKinds: readonly Kind[] = kinds.filter((kind) =>
  kinds.some(
    (referrer) =>
      isUsedByOthers(kind) &&
      Object.values(kindOf(referrer).references).includes(kind) &&
      (referrer === 'gateway' || isUsedByOthers(referrer)),
  ),
);

/**
 * The facts that determine a revision's gateways. `names` is null when it may affect all of them.
 */
interface Concern {
  readonly names: readonly string[] | null;
  readonly gateways: readonly string[];
  /** Changed resources that other resources may refer to. */
  readonly used: readonly string[];
}

function concernOf(changes: readonly Change[]): Concern {
  const names: string[] = [];
  const gateways: string[] = [];
  const used: string[] = [];
  for (const { kind, id, name, before, after } of changes) {
    if (!isDeliveredByGateway(kind)) return { names: null, gateways, used };
    if (kind === 'gateway') names.push(name);
    gateways.push(...linksOf(kind, before).gateways, ...linksOf(kind, after).gateways);
    if (isUsedByOthers(kind)) used.push(id);
  }
  return { names, gateways, used };
}

/** Converts the revision, because the driver returns 64-bit integers as text. */
function toRevision(row: RevisionRow): Revision {
  return { ...row, revision: Number(row.revision) };
}
