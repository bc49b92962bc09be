import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables of the first release. docs/adr/0003-one-resource-table.md says why all resources share
 * one.
 */
export class InitialSchema1763900000000 implements MigrationInterface {
  readonly name = 'InitialSchema1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE idempotency_record, admin_token, node, change, revision, resource_reference, resource, config_head',
    );
  }
}

const statements = [
  // One row. Its lock puts revisions in commit order; `epoch` identifies the database.
  `CREATE TABLE config_head (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     epoch uuid NOT NULL DEFAULT gen_random_uuid(),
     revision bigint NOT NULL DEFAULT 0
   )`,
  `INSERT INTO config_head DEFAULT VALUES`,

  // Names sort by code point, independently of the locale of the database.
  `CREATE TABLE resource (
     id uuid PRIMARY KEY,
     kind text NOT NULL,
     scope uuid REFERENCES resource (id),
     name text COLLATE "C" NOT NULL,
     spec jsonb NOT NULL,
     tags text[] NOT NULL DEFAULT '{}',
     version integer NOT NULL DEFAULT 1,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT resource_name_taken UNIQUE NULLS NOT DISTINCT (kind, scope, name)
   )`,
  `CREATE INDEX resource_tags ON resource USING gin (tags)`,
  `CREATE INDEX resource_scope ON resource (scope) WHERE scope IS NOT NULL`,
  `CREATE UNIQUE INDEX resource_key_taken ON resource ((spec ->> 'hash')) WHERE kind = 'key'`,

  `CREATE TABLE resource_reference (
     source uuid NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
     pointer text NOT NULL,
     target uuid NOT NULL CONSTRAINT resource_reference_target REFERENCES resource (id) ON DELETE RESTRICT,
     PRIMARY KEY (source, pointer)
   )`,
  `CREATE INDEX resource_reference_by_target ON resource_reference (target)`,

  `CREATE TABLE revision (
     revision bigint PRIMARY KEY,
     committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     actor text NOT NULL,
     request_id text NOT NULL,
     gateways text[]
   )`,
  `CREATE TABLE change (
     revision bigint NOT NULL REFERENCES revision (revision),
     ordinal integer NOT NULL,
     kind text NOT NULL,
     resource_id uuid NOT NULL,
     name text NOT NULL,
     before jsonb,
     after jsonb,
     PRIMARY KEY (revision, ordinal)
   )`,

  `CREATE TABLE node (
     id text PRIMARY KEY,
     gateway text NOT NULL,
     version text NOT NULL,
     replica uuid NOT NULL,
     state text NOT NULL,
     applied_revision bigint NOT NULL DEFAULT 0,
     faults jsonb NOT NULL DEFAULT '[]',
     nacked_revision bigint,
     targets jsonb NOT NULL DEFAULT '[]',
     connected_at timestamptz NOT NULL DEFAULT now(),
     last_seen_at timestamptz NOT NULL DEFAULT now()
   )`,

  `CREATE TABLE admin_token (
     id uuid PRIMARY KEY,
     name text COLLATE "C" NOT NULL CONSTRAINT admin_token_name_taken UNIQUE,
     hash text NOT NULL UNIQUE,
     role text NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz,
     last_used_at timestamptz
   )`,

  // Secrets in a stored response are encrypted; only a request with the same token and key can
  // decrypt them.
  `CREATE TABLE idempotency_record (
     token_id uuid NOT NULL,
     key text NOT NULL,
     request_hash text NOT NULL,
     status integer NOT NULL,
     headers jsonb NOT NULL,
     body jsonb NOT NULL,
     sealed text,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (token_id, key)
   )`,
  `CREATE INDEX idempotency_record_age ON idempotency_record (created_at)`,
];
