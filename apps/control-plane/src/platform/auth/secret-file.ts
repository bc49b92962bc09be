import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../setup-error.ts';
import { createSecret, weaknessOfSecret } from './secret.ts';
import type { SecretPrefix } from './secret.ts';

export interface KeptSecret {
  readonly secret: string;
  /** True when it was made just now. */
  readonly isNew: boolean;
}

/**
 * Reads the secret kept in a file, or makes one and keeps it there, readable by this user alone.
 * @throws SetupError when the folder cannot be written or the file holds something else.
 */
export function keepSecret(file: string, prefix: SecretPrefix, variable: string): KeptSecret {
  const advice = `Make it writable, choose another folder with SLUICE_DATA_DIR, or set ${variable}.`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const secret = createSecret(prefix);
    // "wx" never overwrites: of two processes that start together, one makes the secret and the other reads it.
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return { secret, isNew: true };
  } catch (error) {
    if (!isAlreadyThere(error)) throw new SetupError(`Cannot write ${file}: ${(error as Error).message}\n${advice}`);
  }
  return { secret: readSecret(file, variable, advice), isNew: false };
}

function readSecret(file: string, variable: string, advice: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SetupError(`Cannot read ${file}: ${(error as Error).message}\n${advice}`);
  }
  const weakness = weaknessOfSecret(secret);
  if (weakness !== undefined) throw new SetupError(`The token in ${file} ${weakness}.\nRemove the file to have a new one made, or set ${variable}.`);
  return secret;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
