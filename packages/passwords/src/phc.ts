/**
 * Stored password hashes in the PHC string format:
 * `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` or `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, with salt
 * and hash in base64 without padding; and those of other systems, for imports:
 * `$2b$12$<salt and hash>` of bcrypt, and `$kong-sha1$<consumer id>$<hash>`. This file imports
 * nothing, so that it also runs in browsers.
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

/** A hash of bcrypt. */
export interface BcryptHash {
  readonly algorithm: 'bcrypt';
  /** Binary logarithm of the number of rounds. */
  readonly costLog2: number;
  readonly text: string;
}

/** Kong's form: SHA-1 of the password followed by the id that the consumer had in Kong. */
export interface KongSha1Hash {
  readonly algorithm: 'kong-sha1';
  readonly consumerId: string;
  /** Lower-case hex. */
  readonly hash: string;
}

export type PasswordHash = Argon2idHash | ScryptHash | BcryptHash | KongSha1Hash;

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
/** A cost of 12 takes several hundred milliseconds. */
const bcryptBounds = { least: 4, most: 12 };
const scryptBounds = { leastMemory: 2 ** 22, mostMemory: 2 ** 27, mostWork: 2 ** 28 };

const argon2idForm =
  /^\$argon2id\$v=(\d{1,3})\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const scryptForm =
  /^\$scrypt\$ln=(\d{1,3}),r=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The versions differ in what programs had done wrong before; `2x` marks hashes with such a fault. */
const bcryptForm = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const kongForm = /^\$kong-sha1\$([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\$([0-9a-f]{40})$/;

/**
 * Whether a stored hash is one of another system that should be replaced by one of
 * `hashPassword` once the password is known: bcrypt reads 72 bytes at most, and SHA-1 is cheap.
 */
export function isForeignHash(text: string): boolean {
  const algorithm = parsePhc(text)?.algorithm;
  return algorithm === 'bcrypt' || algorithm === 'kong-sha1';
}

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
  return otherHash(text) ?? formFault;
}

const formFault =
  'a password hash is a PHC string such as $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash> or $scrypt$ln=15,r=8,p=1$<salt>$<hash>; from other systems, one of bcrypt ($2a$, $2b$, $2y$), or $kong-sha1$<consumer id in Kong>$<SHA-1 in hex>';

function otherHash(text: string): PasswordHash | string | undefined {
  const bcrypt = bcryptForm.exec(text);
  if (bcrypt !== null) {
    const costLog2 = Number(bcrypt[1]);
    const { least, most } = bcryptBounds;
    return costLog2 >= least && costLog2 <= most
      ? { algorithm: 'bcrypt', costLog2, text }
      : `the cost of bcrypt is between ${least} and ${most}, not ${costLog2}`;
  }
  const [, consumerId = '', hash = ''] = kongForm.exec(text) ?? [];
  return hash === '' ? undefined : { algorithm: 'kong-sha1', consumerId, hash };
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
