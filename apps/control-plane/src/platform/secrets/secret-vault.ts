import { rmSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { GatewayError, SetupError } from '@sluice/errors';
import { Database } from '../database/database.ts';
import type { Sql } from '../database/database.ts';
import { SETTINGS } from '../env.ts';
import type { Settings } from '../env.ts';
import { Logger } from '../logger.ts';
import { readEncryptionKeys } from './encryption-keys.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { mapSealed, openSpec, sealSpec } from './sealed-spec.ts';
import type { OpenedSpec } from './sealed-spec.ts';
import { sealText, unsealText } from './sealed-text.ts';

const rowsPerBatch = 200;

/**
 * Encrypts and decrypts the secrets of resources. The database records which key its secrets are
 * encrypted with, so that a replica with another key neither starts nor writes. Secrets of rows that
 * were written with a previous key are encrypted again at the first start with the new one.
 */
@Injectable()
export class SecretVault implements OnModuleInit {
  private readonly keys: EncryptionKeys;

  /** @throws SetupError when a key cannot be read. */
  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {
    this.keys = readEncryptionKeys(settings);
  }

  /** @throws SetupError when the secrets in the database are encrypted with a key that is missing. */
  async onModuleInit(): Promise<void> {
    const [row] = await this.database.query<{ keyId: string }>(
      'SELECT key_id AS "keyId" FROM encryption_key',
    );
    if (row === undefined || row.keyId === this.keys.current.id) return;
    if (!this.keys.byId.has(row.keyId)) throw new SetupError(this.missing(row.keyId));
    await this.encryptAgain();
  }

  /** Decrypts the secrets of a stored spec. */
  open<Spec>(resourceId: string, spec: Spec): OpenedSpec<Spec> {
    return openSpec(this.keys, resourceId, spec);
  }

  /**
   * Encrypts the secrets at the paths of a spec, see `sealSpec`.
   * @throws GatewayError encryption_key_mismatch when the database has secrets of another key.
   */
  async seal<Spec>(
    sql: Sql,
    resourceId: string,
    spec: Spec,
    paths: readonly (readonly string[])[],
    previous?: unknown,
  ): Promise<Spec> {
    if (paths.length === 0) return spec;
    await this.bind(sql);
    return sealSpec(this.keys, resourceId, spec, paths, previous);
  }

  /** Records the key in the database with its first secret, and checks it with every other one. */
  private async bind(sql: Sql): Promise<void> {
    await sql.query('INSERT INTO encryption_key (key_id) VALUES ($1) ON CONFLICT DO NOTHING', [
      this.keys.current.id,
    ]);
    const [row] = await sql.query<{ keyId: string }>(
      'SELECT key_id AS "keyId" FROM encryption_key',
    );
    if (row !== undefined && !this.keys.byId.has(row.keyId))
      throw new GatewayError('encryption_key_mismatch', { detail: this.misfit(row.keyId) });
  }

  /**
   * Why this process cannot start. A key that this start has generated fits nothing: its file is
   * removed, so that the one of a backup can take its place.
   */
  private missing(boundId: string): string {
    const { generatedFile } = this.keys;
    if (generatedFile === undefined) return this.misfit(boundId);
    rmSync(generatedFile, { force: true });
    return `The secrets in this database are encrypted with the key ${boundId}, and ${generatedFile} does not exist. Restore the file from a backup or from the data directory of another replica, or set SLUICE_ENCRYPTION_KEY to its text.`;
  }

  private misfit(boundId: string): string {
    return `The secrets in this database are encrypted with the key ${boundId}, and this process has the key ${this.keys.current.id}. All replicas need the same key: set SLUICE_ENCRYPTION_KEY to it, or copy the file encryption-key from the data directory of the replica that stored the first secret. After a rotation, list the previous key in SLUICE_DECRYPTION_KEYS.`;
  }

  /**
   * Encrypts all secrets of previous keys with the current one. Replicas may do it at the same time.
   * The change history keeps the previous form.
   */
  private async encryptAgain(): Promise<void> {
    const { id } = this.keys.current;
    let after: string | null = null;
    let changed = 0;
    for (;;) {
      const last: string | undefined = await this.database.transaction(async (sql) => {
        const rows = await sql.query<{ id: string; spec: object }>(
          `SELECT id, spec FROM resource WHERE ($1::uuid IS NULL OR id > $1)
             AND spec::text LIKE '%"sealed:v1:%' ORDER BY id LIMIT ${rowsPerBatch} FOR NO KEY UPDATE`,
          [after],
        );
        for (const row of rows) {
          const spec = this.withCurrentKey(row.id, row.spec);
          if (spec === row.spec) continue;
          changed += 1;
          await sql.query('UPDATE resource SET spec = $2 WHERE id = $1', [
            row.id,
            JSON.stringify(spec),
          ]);
        }
        return rows.at(-1)?.id;
      });
      if (last === undefined) break;
      after = last;
    }
    await this.database.query('UPDATE encryption_key SET key_id = $1, changed_at = now()', [id]);
    this.logger.info('encrypted the secrets with the new key', { key: id, resources: changed });
  }

  private withCurrentKey(resourceId: string, spec: object): object {
    const { keys, logger } = this;
    return mapSealed(spec, (sealed, pointer, { keyId }) => {
      if (keyId === keys.current.id) return sealed;
      const place = { resourceId, pointer };
      try {
        return sealText(keys, unsealText(keys, sealed, place), place);
      } catch (error) {
        const reason = error instanceof Error ? error.message : '';
        logger.error('a secret cannot be decrypted', { resource: resourceId, pointer, reason });
        return sealed;
      }
    });
  }
}
