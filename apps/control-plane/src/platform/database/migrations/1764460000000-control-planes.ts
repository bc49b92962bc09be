import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Records the control planes that use the database, and what control planes of earlier releases must
 * know of the schemas of later ones.
 */
export class ControlPlanes1764460000000 implements MigrationInterface {
  readonly name = 'ControlPlanes1764460000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE control_plane (
         id uuid PRIMARY KEY,
         name text NOT NULL,
         version text NOT NULL,
         schema_level integer NOT NULL,
         kinds jsonb NOT NULL,
         started_at timestamptz NOT NULL DEFAULT now(),
         last_seen_at timestamptz NOT NULL DEFAULT now())`,
    );
    await runner.query(
      'CREATE TABLE schema_rules (level integer PRIMARY KEY, kinds jsonb NOT NULL)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE schema_rules');
    await runner.query('DROP TABLE control_plane');
  }
}
