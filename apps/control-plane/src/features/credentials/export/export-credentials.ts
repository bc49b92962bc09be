import { rmSync } from 'node:fs';
import { errorMessage, SetupError } from '@sluice/errors';
import { createDataSource } from '../../../platform/database/data-source.ts';
import { Database } from '../../../platform/database/database.ts';
import type { Settings } from '../../../platform/env.ts';
import type { Logger } from '../../../platform/logger.ts';
import { readEncryptionKeys } from '../../../platform/secrets/encryption-keys.ts';
import type { EncryptionKeys } from '../../../platform/secrets/encryption-keys.ts';
import { maySeal, openSpec } from '../../../platform/secrets/sealed-spec.ts';
import { exportedCredentials } from './exported-credentials.ts';

/** Where the lines of an export go. */
export interface ExportOutput {
  /** Takes a line; the promise is awaited before the next one. */
  line(text: string): Promise<void>;
  /** Says that a credential is left out, and why. */
  leftOut(text: string): void;
}

/**
 * Writes all credentials of a database, with hashes and secrets: one line for each, with the path
 * and the content of the POST that creates it elsewhere, separated by a tab. Those that a POST
 * would refuse, such as expired ones, are left out. The Admin API never shows so much, so this
 * reads the database, and needs the key that encrypts its secrets.
 * @throws SetupError when the database or the key cannot be used.
 */
export async function exportCredentials(
  settings: Settings,
  logger: Logger,
  output: ExportOutput,
): Promise<void> {
  const dataSource = createDataSource(settings.databaseUrl, logger);
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new SetupError(
      `The database cannot be used: ${errorMessage(error)}\nCheck DATABASE_URL and that Postgres is running.`,
    );
  }
  let keys: EncryptionKeys | undefined;
  const open = <Spec>(id: string, spec: Spec) => {
    if (!maySeal(JSON.stringify(spec))) return { spec, unreadable: [] };
    keys ??= existingKeys(settings);
    return openSpec(keys, id, spec);
  };
  try {
    for await (const exported of exportedCredentials(new Database(dataSource), open)) {
      const { consumer, name, content, fault } = exported;
      if (fault === undefined)
        await output.line(
          `/v1/consumers/${encodeURIComponent(consumer)}/credentials\t${JSON.stringify(content)}\n`,
        );
      else output.leftOut(`left out "${name}" of the consumer "${consumer}": ${fault}\n`);
    }
  } finally {
    await dataSource.destroy();
  }
}

/** The keys of this process. A key that was generated just now fits nothing, and is removed. */
function existingKeys(settings: Settings): EncryptionKeys {
  const keys = readEncryptionKeys(settings);
  if (keys.generatedFile === undefined) return keys;
  rmSync(keys.generatedFile, { force: true });
  throw new SetupError(
    `The secrets in this database are encrypted, and ${keys.generatedFile} does not exist. Set SLUICE_ENCRYPTION_KEY to the key of the control plane, or SLUICE_DATA_DIR to its data directory.`,
  );
}
