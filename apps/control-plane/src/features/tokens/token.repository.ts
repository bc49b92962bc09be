import { Injectable } from '@nestjs/common';
import { Name, isId } from '@sluice/schema';
import type { Caller, Role } from '../../platform/auth/role.ts';
import { Database } from '../../platform/database/database.ts';
import type { Sql } from '../../platform/database/database.ts';

/** An Admin API token. The token itself is nowhere, only its hash. */
export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const columns = 'id, name, role, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"';

@Injectable()
export class TokenRepository {
  constructor(private readonly database: Database) {}

  /** Undefined when the name is taken. */
  async insert(sql: Sql, id: string, name: string, hash: string, role: Role, expiresAt: Date | null): Promise<StoredToken | undefined> {
    const [row] = await sql.query<StoredToken>(
      `INSERT INTO admin_token (id, name, hash, role, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT ON CONSTRAINT admin_token_name_taken DO NOTHING RETURNING ${columns}`,
      // As UTC: the database takes fewer time zones than RFC 3339 has.
      [id, name, hash, role, expiresAt?.toISOString() ?? null],
    );
    return row;
  }

  async find(idOrName: string): Promise<StoredToken | undefined> {
    if (!isId(idOrName) && !Name.safeParse(idOrName).success) return undefined;
    const [row] = await this.database.query<StoredToken>(`SELECT ${columns} FROM admin_token WHERE ${isId(idOrName) ? 'id' : 'name'} = $1`, [idOrName]);
    return row;
  }

  /** In the order of their names. */
  async list(afterName: string | undefined, limit: number): Promise<StoredToken[]> {
    return this.database.query(`SELECT ${columns} FROM admin_token WHERE $1::text IS NULL OR name > $1 COLLATE "C" ORDER BY name LIMIT $2`, [
      afterName ?? null,
      limit,
    ]);
  }

  /** False when there was none. */
  async delete(id: string): Promise<boolean> {
    const rows = await this.database.query('DELETE FROM admin_token WHERE id = $1 RETURNING id', [id]);
    return rows.length > 0;
  }

  /** The callers of those tokens that exist and have not expired, by hash. Their last use is noted, to the minute. */
  async use(hashes: readonly string[]): Promise<Map<string, Caller>> {
    const rows = await this.database.query<Caller & { hash: string; isNoted: boolean }>(
      `SELECT hash, id AS "tokenId", name, role, coalesce(last_used_at > now() - interval '1 minute', false) AS "isNoted"
       FROM admin_token WHERE hash = ANY($1::text[]) AND (expires_at IS NULL OR expires_at > now())`,
      [hashes],
    );
    const unnoted = rows.filter(({ isNoted }) => !isNoted).map(({ tokenId }) => tokenId);
    if (unnoted.length > 0) await this.database.query('UPDATE admin_token SET last_used_at = now() WHERE id = ANY($1::uuid[])', [unnoted]);
    return new Map(rows.map(({ hash, tokenId, name, role }) => [hash, { tokenId, name, role }]));
  }
}
