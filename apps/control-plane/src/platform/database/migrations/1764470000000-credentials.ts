import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Makes keys credentials of type `key`, in the configuration and in the history, and keeps the value
 * that nodes find a credential by in a column of its own, unique for its kind.
 */
export class Credentials1764470000000 implements MigrationInterface {
  readonly name = 'Credentials1764470000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  /** Credentials of other types than `key` stay in the tables, and older versions ignore them. */
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of reversed) await runner.query(statement);
  }
}

const statements = [
  'ALTER TABLE resource ADD COLUMN unique_value text COLLATE "C"',
  'DROP INDEX resource_key_taken',
  `UPDATE resource SET kind = 'credential', spec = spec || '{"type": "key"}',
     unique_value = 'key:' || (spec ->> 'hash') WHERE kind = 'key'`,
  'CREATE UNIQUE INDEX resource_value_taken ON resource (kind, unique_value) WHERE unique_value IS NOT NULL',
  `UPDATE change SET kind = 'credential', before = before || '{"type": "key"}',
     after = after || '{"type": "key"}' WHERE kind = 'key'`,
];

const reversed = [
  'DROP INDEX resource_value_taken',
  'ALTER TABLE resource DROP COLUMN unique_value',
  `UPDATE resource SET kind = 'key', spec = spec - 'type'
     WHERE kind = 'credential' AND spec ->> 'type' = 'key'`,
  `UPDATE change SET kind = 'key', before = before - 'type', after = after - 'type'
     WHERE kind = 'credential' AND coalesce(after, before) ->> 'type' = 'key'`,
  `CREATE UNIQUE INDEX resource_key_taken ON resource ((spec ->> 'hash')) WHERE kind = 'key'`,
];
