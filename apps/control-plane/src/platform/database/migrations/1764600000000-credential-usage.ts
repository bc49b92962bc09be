import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When credentials were last used, apart from the configuration: a use makes no revision. */
export class CredentialUsage1764600000000 implements MigrationInterface {
  readonly name = 'CredentialUsage1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE credential_usage (
      credential uuid PRIMARY KEY REFERENCES resource (id) ON DELETE CASCADE,
      last_used_at timestamptz NOT NULL
    )`);
    // Before this instant nothing was noted: a credential without a row may have been in use.
    await runner.query(`CREATE TABLE credential_usage_since (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      since timestamptz NOT NULL DEFAULT now()
    )`);
    await runner.query('INSERT INTO credential_usage_since DEFAULT VALUES');
    await runner.query(
      `CREATE INDEX resource_credential_expiring ON resource (id) WHERE kind = 'credential' AND spec ? 'expiresAt'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX resource_credential_expiring');
    await runner.query('DROP TABLE credential_usage_since');
    await runner.query('DROP TABLE credential_usage');
  }
}
