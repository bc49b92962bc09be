import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.ts';

/** A use of a credential, and how long ago it was. */
export interface AgedUse {
  readonly id: string;
  readonly ageSeconds: number;
}

/** How many credentials expire within a time. */
export interface ExpiringCount {
  readonly within: string;
  readonly count: number;
}

/** When credentials were last used, as rows of `credential_usage`. SQL, because of the batches. */
@Injectable()
export class CredentialUsageRepository {
  constructor(private readonly database: Database) {}

  /**
   * Stores uses, in one statement. Credentials that do not exist are left out. A row changes only
   * when the new use is half a minute later, so that many nodes with the same credential do not
   * write it as often.
   */
  async store(uses: readonly AgedUse[]): Promise<void> {
    // Sorted, so that replicas which store the same credentials do not wait for each other in turn.
    const sorted = [...uses].sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.database.query(
      `INSERT INTO credential_usage AS known (credential, last_used_at)
       SELECT resource.id, now() - used.age * interval '1 second'
       FROM unnest($1::uuid[], $2::float8[]) AS used (id, age)
       JOIN resource ON resource.id = used.id AND resource.kind = 'credential'
       ORDER BY resource.id FOR KEY SHARE OF resource
       ON CONFLICT (credential) DO UPDATE SET last_used_at = excluded.last_used_at
         WHERE known.last_used_at < excluded.last_used_at - interval '30 seconds'`,
      [sorted.map(({ id }) => id), sorted.map(({ ageSeconds }) => ageSeconds)],
    );
  }

  /** Returns when credentials were last used; those without a known use are absent. */
  async lastUses(ids: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.query<{ id: string; lastUsedAt: Date }>(
      `SELECT credential AS id, last_used_at AS "lastUsedAt" FROM credential_usage
       WHERE credential = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, lastUsedAt }) => [id, lastUsedAt]));
  }

  /** Counts the credentials that are not disabled and expire within each number of days. */
  async countExpiring(days: readonly number[]): Promise<ExpiringCount[]> {
    const rows = await this.database.query<{ within: number; count: number }>(
      `SELECT days AS within, count(expiring.at)::int AS count
       FROM unnest($1::int[]) AS days LEFT JOIN (
         SELECT (spec ->> 'expiresAt')::timestamptz AS at FROM resource
         WHERE kind = 'credential' AND spec ? 'expiresAt' AND NOT spec ? 'disabled') AS expiring
       ON at BETWEEN now() AND now() + days * interval '1 day'
       GROUP BY days`,
      [days],
    );
    return rows.map(({ within, count }) => ({ within: `${within}d`, count }));
  }
}
