import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records what each node can be sent, so that releases can run side by side. */
export class NodeCapabilities1764450000000 implements MigrationInterface {
  readonly name = 'NodeCapabilities1764450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE node ADD COLUMN schema_level integer NOT NULL DEFAULT 0,
         ADD COLUMN kinds jsonb NOT NULL DEFAULT '[]',
         ADD COLUMN receives_secrets boolean NOT NULL DEFAULT true`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE node DROP COLUMN schema_level, DROP COLUMN kinds, DROP COLUMN receives_secrets',
    );
  }
}
