import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage, errorCode, SetupError } from '@sluice/errors';
import { makeFolder } from '@sluice/errors/make-folder';
import { createSecret, weaknessOfSecret } from './secret.ts';
import type { SecretPrefix } from './secret.ts';

/** A secret that is stored in a file. */
export interface KeptSecret {
  readonly secret: string;
  /** True when this call generated it. */
  readonly isNew: boolean;
}

/**
 * Reads the secret in a file, or generates one and writes it there, readable only by this user.
 * When several processes start together, one generates the secret and the others read it. The file
 * appears atomically.
 * @throws SetupError when the folder cannot be written, or the file holds no usable secret.
 */
export function keepSecret(file: string, prefix: SecretPrefix, variable: string): KeptSecret {
  const advice = `Make it accessible, choose another folder with SLUICE_DATA_DIR, or set ${variable}.`;
  const kept = readSecret(file, variable, advice);
  if (kept !== undefined) return { secret: kept, isNew: false };
  const secret = createSecret(prefix);
  const partial = `${file}.${process.pid}.partial`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(partial, `${secret}\n`, { mode: 0o600, flush: true });
    linkSync(partial, file);
    return { secret, isNew: true };
  } catch (error) {
    const made = errorCode(error) === 'EEXIST' ? readSecret(file, variable, advice) : undefined;
    if (made !== undefined) return { secret: made, isNew: false };
    throw new SetupError(`Cannot write ${file}: ${errorMessage(error)}\n${advice}`);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Reads and checks the secret; returns undefined when the file does not exist. */
function readSecret(file: string, variable: string, advice: string): string | undefined {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new SetupError(`Cannot read ${file}: ${errorMessage(error)}\n${advice}`);
  }
  const weakness = weaknessOfSecret(secret);
  if (weakness !== undefined)
    throw new SetupError(
      `The token in ${file} ${weakness}.\nRemove the file to generate a new token, or set ${variable}.`,
    );
  return secret;
}
