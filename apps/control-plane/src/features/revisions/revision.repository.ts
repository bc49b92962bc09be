import { Injectable } from '@nestjs/common';
import type { Spec } from '@sluice/config';
import type { Sql } from '../../platform/database/database.ts';
import type { IdempotentAnswer } from '../../platform/idempotency/idempotency.ts';
import type { Change, RevisionAuthor } from './revision.ts';

/** The history of the configuration, and the one place where a revision is made. */
@Injectable()
export class RevisionRepository {
  /**
   * Makes the revision of this transaction. Must be its last statement: the lock on the head row is held from here to the
   * commit, so the order of revisions is the order of commits and there are no gaps.
   * @returns its number.
   */
  async commit(sql: Sql, author: RevisionAuthor, changes: readonly Change[], idempotent: IdempotentAnswer | undefined): Promise<number> {
    const gateways = await this.gatewaysOf(sql, changes);
    const [row] = await sql.query<{ revision: string }>(
      `WITH head AS (UPDATE config_head SET revision = revision + 1 RETURNING revision),
       entry AS (INSERT INTO revision (revision, actor, request_id, gateways) SELECT revision, $1, $2, $3::text[] FROM head),
       changes AS (
         INSERT INTO change (revision, ordinal, kind, resource_id, name, before, after)
         SELECT head.revision, ordinality, value ->> 'kind', (value ->> 'id')::uuid, value ->> 'name',
                nullif(value -> 'before', 'null'), nullif(value -> 'after', 'null')
         FROM head, jsonb_array_elements($4::jsonb) WITH ORDINALITY),
       record AS (
         INSERT INTO idempotency_record (token_id, key, request_hash, status, headers, body, sealed)
         SELECT "tokenId", key, "requestHash", status, headers, body || jsonb_build_object('revision', head.revision), sealed
         FROM head, jsonb_to_record($5::jsonb)
           AS r("tokenId" uuid, key text, "requestHash" text, status integer, headers jsonb, body jsonb, sealed text)
         WHERE key IS NOT NULL)
       SELECT revision, pg_notify('sluice_revision', revision::text) FROM head`,
      [author.actor, author.requestId, gateways, JSON.stringify(changes), JSON.stringify(idempotent ?? {})],
    );
    if (row === undefined) throw new Error('config_head has no row: the database was not migrated');
    return Number(row.revision);
  }

  /** The newest revision. */
  async head(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ revision: string }>('SELECT revision FROM config_head');
    return Number(row?.revision ?? 0);
  }

  /** The newest revision, locked until the transaction ends. */
  async lockHead(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ revision: string }>('SELECT revision FROM config_head FOR UPDATE');
    return Number(row?.revision ?? 0);
  }

  /** Names of the gateways that serve what was changed; null when it may be all of them. */
  private async gatewaysOf(sql: Sql, changes: readonly Change[]): Promise<string[] | null> {
    const names: string[] = [];
    const gateways: string[] = [];
    const services: string[] = [];
    for (const { kind, id, name, before, after } of changes) {
      if (kind === 'gateway') names.push(name);
      else if (kind === 'service') services.push(id);
      else if (kind === 'route') gateways.push(...servedBy(before), ...servedBy(after));
      else return null;
    }
    const rows = await sql.query<{ name: string }>(
      `SELECT name FROM resource WHERE kind = 'gateway' AND id IN (
         SELECT unnest($1::uuid[]) UNION
         SELECT serving.target FROM resource_reference AS used JOIN resource_reference AS serving ON serving.source = used.source
         WHERE used.target = ANY($2::uuid[]))`,
      [gateways, services],
    );
    return [...new Set([...names, ...rows.map(({ name }) => name)])].sort();
  }
}

function servedBy(route: Spec | null): readonly string[] {
  return (route as Spec<'route'> | null)?.gateways ?? [];
}
