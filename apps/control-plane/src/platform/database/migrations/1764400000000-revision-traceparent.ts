import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keeps the W3C traceparent of a write with its revision, so that every replica can send it to the
 * nodes.
 */
export class RevisionTraceparent1764400000000 implements MigrationInterface {
  readonly name = 'RevisionTraceparent1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE revision ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE revision DROP COLUMN traceparent');
  }
}
