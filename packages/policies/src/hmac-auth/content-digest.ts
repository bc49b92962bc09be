import { createHash, timingSafeEqual } from 'node:crypto';
import { strictBase64 } from './signature.ts';

const hashes: Readonly<Record<string, string>> = Object.freeze({
  'sha-256': 'sha256',
  'sha-512': 'sha512',
});
/** One member of the dictionary of RFC 9530 section 2; none of its algorithms has parameters. */
const member = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):$/;
/** One instance digest of RFC 3230 section 4.2; its algorithms ignore case. */
const instance = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)=([A-Za-z0-9+/=]+)$/;
const maxMembers = 16;

/** A hash of content that a field states. */
interface StatedHash {
  readonly hash: string;
  readonly bytes: Buffer;
}

/**
 * Whether content has the digests that a Content-Digest field (RFC 9530) states.
 * @param value all fields of that name, joined with a comma
 */
export function matchesContentDigest(value: string, content: Uint8Array): boolean {
  return matches(value, member, content);
}

/** The same for the older field Digest (RFC 3230). */
export function matchesDigest(value: string, content: Uint8Array): boolean {
  return matches(value, instance, content);
}

/**
 * Every digest of a known algorithm has to match, and there has to be one: the gateway and the
 * upstream may choose different ones.
 */
function matches(value: string, form: RegExp, content: Uint8Array): boolean {
  const stated = statedHashes(value, form);
  return (
    stated !== undefined &&
    stated.length > 0 &&
    stated.every(({ hash, bytes }) => {
      const own = createHash(hash).update(content).digest();
      return own.length === bytes.length && timingSafeEqual(own, bytes);
    })
  );
}

/** @returns the digests of known algorithms; undefined when the field is not well-formed */
function statedHashes(value: string, form: RegExp): readonly StatedHash[] | undefined {
  const parts = value.split(',');
  if (parts.length > maxMembers) return undefined;
  const seen = new Set<string>();
  const known: StatedHash[] = [];
  for (const part of parts) {
    const [, written = '', text = ''] = form.exec(part.replace(/^[ \t]+|[ \t]+$/g, '')) ?? [];
    const name = written.toLowerCase();
    const bytes = strictBase64(text);
    if (name === '' || bytes === undefined || seen.has(name)) return undefined;
    seen.add(name);
    const hash = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
    if (hash !== undefined) known.push({ hash, bytes });
  }
  return known;
}
