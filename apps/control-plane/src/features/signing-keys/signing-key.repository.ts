import { Injectable } from '@nestjs/common';
import type { Spec } from '@sluice/config';
import type { Sql } from '../../platform/database/database.ts';
import { ResourceChanges } from '../resources/resource-changes.ts';
import type { Change } from '../revisions/revision.ts';
import { generateKey } from './generate-key.ts';
import { nextName } from './signing-key-due.ts';
import type { DueKey, KeyUse, StoredKey } from './signing-key-due.ts';

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly gatewayId: string;
  readonly use: KeyUse;
  readonly activeAt: string | null;
}

const columns = `id, name, scope AS "gatewayId", spec ->> 'use' AS use, spec ->> 'activeAt' AS "activeAt"`;

/** The rows of signing keys. */
@Injectable()
export class SigningKeyRepository {
  constructor(private readonly changes: ResourceChanges) {}

  /** Returns all keys, without the secrets. `isLocked` keeps others from removing them. */
  async all(sql: Sql, isLocked = false): Promise<StoredKey[]> {
    const rows = await sql.query<KeyRow>(
      `SELECT ${columns} FROM resource WHERE kind = 'signingKey' ORDER BY id ${isLocked ? 'FOR UPDATE' : ''}`,
    );
    return rows.map(({ activeAt, ...key }) => ({
      ...key,
      activeAtMs: activeAt === null ? 0 : Date.parse(activeAt),
    }));
  }

  /** The gateways that have no key of these uses yet, each with the use. */
  missing(
    sql: Sql,
    uses: readonly KeyUse[],
  ): Promise<{ readonly gatewayId: string; readonly use: KeyUse }[]> {
    return sql.query(
      `SELECT gateway.id AS "gatewayId", use FROM resource gateway CROSS JOIN unnest($1::text[]) AS use
       WHERE gateway.kind = 'gateway' AND NOT EXISTS (SELECT FROM resource key
         WHERE key.kind = 'signingKey' AND key.scope = gateway.id AND key.spec ->> 'use' = use)
       ORDER BY gateway.id, use`,
      [uses],
    );
  }

  /** The uses of the keys that any gateway has. */
  async usesOfAll(sql: Sql): Promise<KeyUse[]> {
    const rows = await sql.query<{ use: KeyUse }>(
      `SELECT DISTINCT spec ->> 'use' AS use FROM resource WHERE kind = 'signingKey'`,
    );
    return rows.map(({ use }) => use);
  }

  /** The names of the policies, out of these, that are attached to a resource. */
  async attached(sql: Sql, policies: readonly string[]): Promise<string[]> {
    const rows = await sql.query<{ name: string }>(
      `SELECT policy AS name FROM unnest($1::text[]) AS policy WHERE EXISTS (SELECT FROM resource
         WHERE kind <> 'credential' AND spec -> 'policies' @> jsonb_build_array(jsonb_build_object('name', policy)))`,
      [policies],
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Creates a key; returns undefined when another transaction has created the same one.
   * @param names of the keys that the gateway has
   */
  create(
    sql: Sql,
    { gatewayId, use, activeAtMs }: DueKey,
    names: readonly string[],
  ): Promise<Change | undefined> {
    const spec: Spec<'signingKey'> = {
      name: nextName(use, names),
      gateway: gatewayId,
      use,
      ...generateKey(use),
      activeAt: new Date(activeAtMs).toISOString(),
      tags: [],
    };
    return this.changes.create(sql, 'signingKey', gatewayId, spec, [['key']]);
  }

  /** Deletes keys that are locked. */
  remove(sql: Sql, keys: readonly StoredKey[]): Promise<Change[]> {
    const ids = keys.map(({ id }) => id);
    return this.changes.removeEach(sql, 'signingKey', ids);
  }
}
