/**
 * Stored password hashes in the PHC string format:
 * `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` or `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, with salt
 * and hash in base64 without padding. This file imports nothing, so that it also runs in browsers.
 */

/** A hash of RFC 9106, version 1.3. */
export interface Argon2idHash {
  readonly algorithm: 'argon2id';
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
  /** Base64 without padding. */
  readonly salt: string;
  /** Base64 without padding. */
  readonly hash: string;
}

/** A hash of RFC 7914. */
export interface ScryptHash {
  readonly algorithm: 'scrypt';
  /** Binary logarithm of the cost N. */
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
  /** Base64 without padding. */
  readonly salt: string;
  /** Base64 without padding. */
  readonly hash: string;
}

export type PasswordHash = Argon2idHash | ScryptHash;

/** The longest string that can be well-formed: both values at their bounds fit. */
const maxPhcLength = 256;
/** Bounds of salt and hash, in bytes. */
const saltBytes = { least: 8, most: 48 };
const hashBytes = { least: 16, most: 64 };

/**
 * Bounds of the cost. Verification of one password takes at most 128 MiB and some 300 ms on one
 * core: a stored string decides what each request with that user name costs.
 */
const argon2idBounds = { leastMemoryKiB: 4096, mostMemoryKiB: 131_072, mostWork: 524_288 };
const mostParallelism = 8;
const scryptBounds = { leastMemory: 2 ** 22, mostMemory: 2 ** 27, mostWork: 2 ** 28 };

const argon2idForm =
  /^\$argon2id\$v=(\d{1,3})\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const scryptForm =
  /^\$scrypt\$ln=(\d{1,3}),r=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Reads a PHC string; undefined when {@link phcFault} finds a fault in it. */
export function parsePhc(text: string): PasswordHash | undefined {
  const parsed = parse(text);
  return typeof parsed === 'string' ? undefined : parsed;
}

/**
 * Says why a string cannot be used as a stored password hash; undefined when it can. The message
 * names the accepted forms and bounds, and repeats nothing of the string but its parameters.
 */
export function phcFault(text: string): string | undefined {
  const parsed = parse(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

function parse(text: string): PasswordHash | string {
  if (text.length > maxPhcLength)
    return `a password hash has at most ${maxPhcLength} characters, not ${text.length}`;
  const argon2id = argon2idForm.exec(text);
  if (argon2id !== null) return argon2idHash(argon2id);
  const scrypt = scryptForm.exec(text);
  if (scrypt !== null) return scryptHash(scrypt);
  return 'a password hash is a PHC string such as $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash> or $scrypt$ln=15,r=8,p=1$<salt>$<hash>';
}

function argon2idHash(match: RegExpExecArray): Argon2idHash | string {
  const [version, memoryKiB, passes, parallelism] = match.slice(1, 5).map(Number) as Four;
  const [salt, hash] = match.slice(5) as [string, string];
  if (version !== 19) return `argon2id has version 19, not ${version}`;
  const { leastMemoryKiB, mostMemoryKiB, mostWork } = argon2idBounds;
  if (memoryKiB < leastMemoryKiB || memoryKiB > mostMemoryKiB)
    return `the memory of argon2id (m) is between ${leastMemoryKiB} and ${mostMemoryKiB} KiB, not ${memoryKiB}`;
  if (passes < 1 || passes * memoryKiB > mostWork)
    return `the passes of argon2id (t) are at least 1, and t × m at most ${mostWork}, not ${passes * memoryKiB}`;
  const fault = parallelismFault(parallelism) ?? valueFault(salt, hash);
  return fault ?? { algorithm: 'argon2id', memoryKiB, passes, parallelism, salt, hash };
}

function scryptHash(match: RegExpExecArray): ScryptHash | string {
  const [costLog2, blockSize, parallelism] = match.slice(1, 4).map(Number) as Three;
  const [salt, hash] = match.slice(4) as [string, string];
  const { leastMemory, mostMemory, mostWork } = scryptBounds;
  const memory = 128 * 2 ** costLog2 * blockSize;
  if (costLog2 < 1 || blockSize < 1 || memory < leastMemory || memory > mostMemory)
    return `the memory of scrypt (128 × 2^ln × r) is between ${leastMemory} and ${mostMemory} bytes, not ${memory}`;
  if (memory * parallelism > mostWork)
    return `the work of scrypt (128 × 2^ln × r × p) is at most ${mostWork}, not ${memory * parallelism}`;
  const fault = parallelismFault(parallelism) ?? valueFault(salt, hash);
  return fault ?? { algorithm: 'scrypt', costLog2, blockSize, parallelism, salt, hash };
}

type Four = [number, number, number, number];
type Three = [number, number, number];

function parallelismFault(parallelism: number): string | undefined {
  return parallelism >= 1 && parallelism <= mostParallelism
    ? undefined
    : `the parallelism (p) is between 1 and ${mostParallelism}, not ${parallelism}`;
}

function valueFault(salt: string, hash: string): string | undefined {
  return (
    lengthFault('salt', decodedLength(salt), saltBytes) ??
    lengthFault('hash', decodedLength(hash), hashBytes)
  );
}

function lengthFault(
  what: string,
  bytes: number | undefined,
  { least, most }: { least: number; most: number },
): string | undefined {
  if (bytes === undefined) return `the ${what} is not base64 without padding`;
  return bytes >= least && bytes <= most
    ? undefined
    : `the ${what} has between ${least} and ${most} bytes, not ${bytes}`;
}

/** The number of bytes that base64 without padding encodes; undefined when no bytes have it. */
function decodedLength(base64: string): number | undefined {
  return base64.length % 4 === 1 ? undefined : Math.floor((base64.length * 3) / 4);
}
