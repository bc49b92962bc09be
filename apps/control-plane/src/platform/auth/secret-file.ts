import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, reasonOf } from '../error-code.ts';
import { SetupError } from '../setup-error.ts';
import { createSecret, weaknessOfSecret } from './secret.ts';
import type { SecretPrefix } from './secret.ts';

export interface KeptSecret {
  readonly secret: string;
  /** True when it was made just now. */
  readonly isNew: boolean;
}

/**
 * Reads the secret kept in a file, or makes one and keeps it there, readable by this user alone. Of several processes that
 * start together one makes it and the others read it; the file is there as a whole or not at all.
 * @throws SetupError when the folder cannot be written or the file holds something else.
 */
export function keepSecret(file: string, prefix: SecretPrefix, variable: string): KeptSecret {
  const advice = `Make it accessible, choose another folder with SLUICE_DATA_DIR, or set ${variable}.`;
  const kept = readSecret(file, variable, advice);
  if (kept !== undefined) return { secret: kept, isNew: false };
  const secret = createSecret(prefix);
  const partial = `${file}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(partial, `${secret}\n`, { mode: 0o600, flush: true });
    linkSync(partial, file);
    return { secret, isNew: true };
  } catch (error) {
    const made = errorCode(error) === 'EEXIST' ? readSecret(file, variable, advice) : undefined;
    if (made !== undefined) return { secret: made, isNew: false };
    throw new SetupError(`Cannot write ${file}: ${reasonOf(error)}\n${advice}`);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Undefined when there is no such file. */
function readSecret(file: string, variable: string, advice: string): string | undefined {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new SetupError(`Cannot read ${file}: ${reasonOf(error)}\n${advice}`);
  }
  const weakness = weaknessOfSecret(secret);
  if (weakness !== undefined) throw new SetupError(`The token in ${file} ${weakness}.\nRemove the file to have a new one made, or set ${variable}.`);
  return secret;
}
