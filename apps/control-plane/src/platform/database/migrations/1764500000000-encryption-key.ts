import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which key the secrets are encrypted with: its id only. No row before the first secret. */
export class EncryptionKey1764500000000 implements MigrationInterface {
  readonly name = 'EncryptionKey1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE encryption_key (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      key_id text NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now()
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE encryption_key');
  }
}
