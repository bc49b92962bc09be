import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tells apart two nodes with the same id, by their process, and records whether the node is
 * connected.
 */
export class NodeProcesses1764200000000 implements MigrationInterface {
  readonly name = 'NodeProcesses1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "ALTER TABLE node ADD COLUMN boot text NOT NULL DEFAULT '', ADD COLUMN is_connected boolean NOT NULL DEFAULT true",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE node DROP COLUMN boot, DROP COLUMN is_connected');
  }
}
