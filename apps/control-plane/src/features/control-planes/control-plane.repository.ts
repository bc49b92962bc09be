import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { SchemaRules } from '@sluice/config';
import { Repository } from 'typeorm';
import { Database } from '../../platform/database/database.ts';
import type { Sql } from '../../platform/database/database.ts';
import { ControlPlaneEntity } from './control-plane.entity.ts';

/** What a control plane writes about itself. */
export type OwnControlPlane = Omit<ControlPlaneEntity, 'startedAt' | 'lastSeenAt'>;

/** A control plane as it is named to operators. */
export type NamedControlPlane = Pick<ControlPlaneEntity, 'name' | 'version'>;

/** After this silence a control plane that did not sign off counts as gone, in seconds. */
export const goneAfterSeconds = 30;

/** The most control planes that an error names. */
const maxNamed = 5;

/**
 * The control planes that use this database. SQL, because times are those of the database: the
 * clocks of two machines are never compared.
 */
@Injectable()
export class ControlPlaneRepository {
  constructor(
    @InjectRepository(ControlPlaneEntity) private readonly rows: Repository<ControlPlaneEntity>,
    private readonly database: Database,
  ) {}

  /** Writes that the control plane runs now, and removes those that are gone. */
  async seen({ id, name, version, schemaLevel, kinds }: OwnControlPlane): Promise<void> {
    await this.database.query(
      `WITH gone AS (
         DELETE FROM control_plane WHERE id <> $1 AND last_seen_at < now() - interval '1 hour')
       INSERT INTO control_plane (id, name, version, schema_level, kinds) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET last_seen_at = now()`,
      [id, name, version, schemaLevel, JSON.stringify(kinds)],
    );
  }

  async remove(id: string): Promise<void> {
    await this.rows.delete({ id });
  }

  /** Returns the control planes in use that do not know a kind; some of them if there are many. */
  async withoutKind(sql: Sql, kind: string): Promise<NamedControlPlane[]> {
    return sql.query(
      `SELECT name, version FROM control_plane
       WHERE last_seen_at > now() - interval '${goneAfterSeconds} seconds' AND NOT kinds ? $1
       ORDER BY started_at LIMIT ${maxNamed}`,
      [kind],
    );
  }

  /**
   * Stores what control planes of earlier releases must know of the schemas of this one. They read
   * it before they read the first resource that this release has written.
   */
  async storeRules({ level, kinds }: SchemaRules): Promise<void> {
    await this.database.query(
      `INSERT INTO schema_rules (level, kinds) VALUES ($1, $2)
       ON CONFLICT (level) DO UPDATE SET kinds = excluded.kinds WHERE schema_rules.kinds <> excluded.kinds`,
      [level, JSON.stringify(kinds)],
    );
  }
}
