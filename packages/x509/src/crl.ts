import { verify, type X509Certificate } from 'node:crypto';
import { contentOf, derChildren, derElement, oidOf, tags, timeOf } from './der.ts';
import type { DerElement } from './der.ts';

/** A text that contains no usable certificate revocation list. The message says why. */
export class CrlFault extends Error {
  override readonly name = 'CrlFault';
}

/** A certificate revocation list (RFC 5280 section 5). Its signature is verified by its user. */
export interface Crl {
  readonly thisUpdateMs: number;
  /** When the next one is issued at the latest; undefined when the list does not say. */
  readonly nextUpdateMs: number | undefined;
  readonly size: number;
  /** Whether the certificate with this serial number is listed. @param serial hexadecimal */
  lists(serial: string): boolean;
  /** Whether the key of the certificate has signed the list. */
  isSignedBy(issuer: X509Certificate): boolean;
}

/** Hashes by the object identifier of a signature algorithm; null for those that need none. */
const hashes: Readonly<Record<string, string | null>> = Object.freeze({
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
});
const maxLists = 64;
const block = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * Reads the lists of a PEM text, in blocks `X509 CRL`.
 * @throws CrlFault when there is none, or one that cannot be used: a damaged, partial or indirect
 *   list, a delta, or one with an unknown signature algorithm
 */
export function readCrls(pem: string): Crl[] {
  const blocks = [...pem.matchAll(block)];
  if (blocks.length === 0)
    throw new CrlFault(
      'it has no block "-----BEGIN X509 CRL-----": convert DER with "openssl crl"',
    );
  if (blocks.length > maxLists) throw new CrlFault(`it has more than ${maxLists} blocks`);
  return blocks.map(([, label = '', base64 = ''], index) => {
    const name = `block ${index + 1}`;
    if (label !== 'X509 CRL')
      throw new CrlFault(`${name} is a "${label}": only blocks "X509 CRL" are allowed`);
    try {
      return readCrl(Buffer.from(base64, 'base64'));
    } catch (fault) {
      const reason = fault instanceof CrlFault ? fault.message : 'is damaged or not complete';
      throw new CrlFault(`${name} ${reason}`, { cause: fault });
    }
  });
}

function readCrl(bytes: Uint8Array): Crl {
  const whole = derElement(bytes, 0, bytes.length);
  const [signed, algorithm, signature, ...more] = derChildren(bytes, whole);
  if (
    whole.tag !== tags.sequence ||
    whole.end !== bytes.length ||
    more.length > 0 ||
    signed?.tag !== tags.sequence ||
    algorithm?.tag !== tags.sequence ||
    signature?.tag !== tags.bitString ||
    bytes[signature.start] !== 0
  )
    throw new RangeError('the parts of the list are missing');
  const list = readSigned(bytes, signed, algorithm);
  const hash = hashOf(bytes, algorithm);
  const text = bytes.subarray(signed.at, signed.end);
  const value = bytes.subarray(signature.start + 1, signature.end);
  return {
    thisUpdateMs: list.thisUpdateMs,
    nextUpdateMs: list.nextUpdateMs,
    size: list.serials.size,
    lists: (serial) => list.serials.has(normalized(serial)),
    isSignedBy: ({ publicKey }) => {
      try {
        return verify(hash, text, publicKey, value);
      } catch {
        // A key of another type than the signature.
        return false;
      }
    },
  };
}

function hashOf(bytes: Uint8Array, algorithm: DerElement): string | null {
  const [oid] = derChildren(bytes, algorithm);
  const name = oid?.tag === tags.oid ? oidOf(bytes, oid) : '';
  const hash = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
  if (hash === undefined)
    throw new CrlFault(
      `is signed with the algorithm ${name}: RSA and ECDSA with SHA-256, SHA-384 or SHA-512, and Ed25519 are supported`,
    );
  return hash;
}

interface SignedList {
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly serials: ReadonlySet<string>;
}

/** TBSCertList, RFC 5280 section 5.1. */
function readSigned(bytes: Uint8Array, signed: DerElement, algorithm: DerElement): SignedList {
  const parts = [...derChildren(bytes, signed)];
  let next = parts[0]?.tag === tags.integer ? 1 : 0;
  const [inner, issuer, thisUpdate] = parts.slice(next);
  next += 3;
  if (
    inner === undefined ||
    issuer?.tag !== tags.sequence ||
    thisUpdate === undefined ||
    !isTime(thisUpdate)
  )
    throw new RangeError('the issuer or the date is missing');
  const same = Buffer.from(bytes.subarray(inner.at, inner.end));
  if (!same.equals(bytes.subarray(algorithm.at, algorithm.end)))
    throw new CrlFault('names two signature algorithms');
  const nextUpdate = parts[next];
  const hasNext = nextUpdate !== undefined && isTime(nextUpdate);
  if (hasNext) next++;
  const serials = new Set<string>();
  const entries = parts[next];
  if (entries?.tag === tags.sequence) {
    next++;
    for (const entry of derChildren(bytes, entries)) serials.add(readEntry(bytes, entry));
  }
  const extensions = parts[next];
  if (extensions?.tag === tags.context0) {
    next++;
    for (const list of derChildren(bytes, extensions)) refuseCritical(bytes, list);
  }
  if (next !== parts.length) throw new RangeError('there are unknown parts');
  return {
    thisUpdateMs: timeOf(bytes, thisUpdate),
    nextUpdateMs: hasNext ? timeOf(bytes, nextUpdate) : undefined,
    serials,
  };
}

/** Reads an entry; one that is on hold counts as revoked. */
function readEntry(bytes: Uint8Array, entry: DerElement): string {
  const [serial, date, extensions] = derChildren(bytes, entry);
  if (serial?.tag !== tags.integer || date === undefined || !isTime(date))
    throw new RangeError('an entry is not complete');
  if (extensions !== undefined) refuseCritical(bytes, extensions);
  return normalized(Buffer.from(contentOf(bytes, serial)).toString('hex'));
}

/**
 * A list with a critical extension is partial, indirect or a delta: it must not be used as a whole
 * one (RFC 5280 section 5.2).
 */
function refuseCritical(bytes: Uint8Array, extensions: DerElement): void {
  for (const extension of derChildren(bytes, extensions)) {
    const [oid, critical] = derChildren(bytes, extension);
    if (oid?.tag !== tags.oid) throw new RangeError('an extension has no identifier');
    if (critical?.tag === tags.boolean && bytes[critical.start] !== 0)
      throw new CrlFault(
        `has the critical extension ${oidOf(bytes, oid)}: only complete lists of one issuer are supported`,
      );
  }
}

function isTime({ tag }: DerElement): boolean {
  return tag === tags.utcTime || tag === tags.generalizedTime;
}

/** Serial numbers are compared as numbers. */
function normalized(serial: string): string {
  return serial.toLowerCase().replace(/^0+/, '');
}
