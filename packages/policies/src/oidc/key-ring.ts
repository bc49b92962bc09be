import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { AuthReason } from '@sluice/policy-sdk';

/** What a text is sealed for. A text that is sealed for one purpose does not open for another. */
export type Purpose = 'session' | 'login' | 'state' | 'record';

interface RingKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

const ivLength = 12;
const tagLength = 16;

/**
 * Encrypts cookies, state and stored tokens as JWE (RFC 7516: compact serialisation, `dir` with
 * A256GCM). The first secret encrypts, all of them decrypt, chosen by `kid`, so that a new secret
 * ends no session. The keys are derived from the secrets and the context (RFC 5869), so that what
 * another gateway or policy sealed with the same secrets does not open.
 */
export class KeyRing {
  /** Encoded protected headers by purpose, each with its key. The first of a purpose encrypts. */
  readonly #headers: Readonly<Record<Purpose, ReadonlyMap<string, RingKey>>>;

  /**
   * @param secrets each with at least 32 characters
   * @param context what the keys belong to
   */
  constructor(secrets: readonly string[], context: string) {
    const keys = secrets.map((secret) => ringKeyOf(secret, context));
    const headersFor = (purpose: Purpose): ReadonlyMap<string, RingKey> =>
      new Map(keys.map((key) => [headerOf(key, purpose), key]));
    this.#headers = {
      session: headersFor('session'),
      login: headersFor('login'),
      state: headersFor('state'),
      record: headersFor('record'),
    };
  }

  /** Encrypts a value that JSON can represent. */
  seal(purpose: Purpose, value: unknown): string {
    const [[header, key]] = this.#headers[purpose] as unknown as [[string, RingKey]];
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: tagLength });
    cipher.setAAD(Buffer.from(header));
    const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    const parts = [header, '', ...[iv, text, cipher.getAuthTag()].map(encoded)];
    return parts.join('.');
  }

  /** Decrypts a text; undefined when it is not from this ring, was changed, or is for other use. */
  open(purpose: Purpose, sealed: string): unknown {
    const [header = '', encryptedKey, ...rest] = sealed.split('.');
    const key = this.#headers[purpose].get(header);
    const [iv, text, tag] = rest.map(decoded);
    if (key === undefined || encryptedKey !== '' || rest.length !== 3) return undefined;
    if (iv?.length !== ivLength || text === undefined || tag?.length !== tagLength)
      return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: tagLength });
      decipher.setAAD(Buffer.from(header));
      decipher.setAuthTag(tag);
      const plain = Buffer.concat([decipher.update(text), decipher.final()]);
      return JSON.parse(plain.toString()) as unknown;
    } catch {
      return undefined;
    }
  }

  /** Why a text did not open, for the log. */
  whyClosed(purpose: Purpose, sealed: string): AuthReason {
    const [header = '', ...rest] = sealed.split('.');
    if (rest.length !== 4) return 'malformed';
    return this.#headers[purpose].has(header) ? 'bad_signature' : 'unknown_key';
  }
}

function ringKeyOf(secret: string, context: string): RingKey {
  const info = `sluice oidc dir A256GCM ${context}`;
  const bytes = new Uint8Array(hkdfSync('sha256', secret, '', info, 32));
  const kid = createHash('sha256').update(bytes).digest('base64url').slice(0, 11);
  return { kid, bytes };
}

function headerOf({ kid }: RingKey, purpose: Purpose): string {
  const header = { alg: 'dir', enc: 'A256GCM', kid, typ: purpose };
  return encoded(Buffer.from(JSON.stringify(header)));
}

function encoded(bytes: Buffer): string {
  return bytes.toString('base64url');
}

/** Decodes base64url; undefined for every form but the canonical one. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return encoded(bytes) === text ? bytes : undefined;
}
