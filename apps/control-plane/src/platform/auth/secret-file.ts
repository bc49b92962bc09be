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
 * @throws SetupError when the folder cannot be written, or the file holds no usable secret.
 */
export function keepSecret(file: string, prefix: SecretPrefix, variable: string): KeptSecret {
  const { text, isNew } = keepFile(file, {
    noun: 'token',
    variable,
    create: () => createSecret(prefix),
    fault: weaknessOfSecret,
    remedy: `Remove the file to generate a new token, or set ${variable}.`,
  });
  return { secret: text, isNew };
}

/** How {@link keepFile} makes and checks the text of a file. */
export interface FileContent {
  /** What the text is, in messages. */
  readonly noun: 'token' | 'key';
  /** The setting that replaces the file. */
  readonly variable: string;
  readonly create: () => string;
  /** Completes "The <noun> in <file> …"; undefined for a usable text. */
  readonly fault: (text: string) => string | undefined;
  /** What to do when the text is not usable. */
  readonly remedy: string;
}

/**
 * Reads the text of a file, or creates it and writes the file, readable only by this user. When
 * several processes start together, one creates the text and the others read it. The file appears
 * atomically.
 * @throws SetupError when the folder cannot be written, or the text is not usable.
 */
export function keepFile(
  file: string,
  content: FileContent,
): { readonly text: string; readonly isNew: boolean } {
  const advice = `Make it accessible, choose another folder with SLUICE_DATA_DIR, or set ${content.variable}.`;
  const kept = readKept(file, content, advice);
  if (kept !== undefined) return { text: kept, isNew: false };
  const text = content.create();
  const partial = `${file}.${process.pid}.partial`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(partial, `${text}\n`, { mode: 0o600, flush: true });
    linkSync(partial, file);
    return { text, isNew: true };
  } catch (error) {
    const made = errorCode(error) === 'EEXIST' ? readKept(file, content, advice) : undefined;
    if (made !== undefined) return { text: made, isNew: false };
    throw new SetupError(`Cannot write ${file}: ${errorMessage(error)}\n${advice}`);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Reads and checks the text; returns undefined when the file does not exist. */
function readKept(file: string, content: FileContent, advice: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new SetupError(`Cannot read ${file}: ${errorMessage(error)}\n${advice}`);
  }
  const { noun, fault, remedy } = content;
  const found = fault(text);
  if (found !== undefined) throw new SetupError(`The ${noun} in ${file} ${found}.\n${remedy}`);
  return text;
}
