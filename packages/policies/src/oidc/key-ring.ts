import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { AuthReason, HostKey } from '@sluice/policy-sdk';

/** What a text is sealed for. A text that is sealed for one purpose does not open for another. */
export type Purpose = 'session' | 'login' | 'state' | 'record';

interface RingKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

const ivLength = 12;
const tagLength = 16;

type KeysByHeader = ReadonlyMap<string, RingKey>;

/** Where keys come from. */
export interface KeySources {
  /** Secrets of the configuration, each with at least 32 characters. They come first. */
  readonly secrets: readonly string[];
  /** Keys of the gateway, the current one first; another list when they have changed. */
  readonly hostKeys: () => readonly HostKey[];
}

/**
 * Encrypts cookies, state and stored tokens as JWE (RFC 7516: compact serialisation, `dir` with
 * A256GCM). The first key encrypts, all of them decrypt, chosen by `kid`, so that a new key ends no
 * session. The keys are derived from the sources and the context (RFC 5869), so that what another
 * gateway or policy sealed with the same secrets does not open.
 */
export class KeyRing {
  readonly #sources: KeySources;
  readonly #context: string;
  /** Encoded protected headers by purpose, each with its key. The first of a purpose encrypts. */
  #headers: Readonly<Record<Purpose, KeysByHeader>> | undefined;
  #hostKeys: readonly HostKey[] | undefined;

  /** @param context what the keys belong to */
  constructor(sources: KeySources, context: string) {
    this.#sources = sources;
    this.#context = context;
  }

  /**
   * Encrypts a value that JSON can represent.
   * @throws Error when there is no key
   */
  seal(purpose: Purpose, value: unknown): string {
    const [first] = this.#keysFor(purpose);
    if (first === undefined)
      throw new Error(
        'there is no key to encrypt sessions with: set "sessionKeys", or connect the node to a control plane',
      );
    const [header, key] = first;
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
    const key = this.#keysFor(purpose).get(header);
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
    return this.#keysFor(purpose).has(header) ? 'bad_signature' : 'unknown_key';
  }

  #keysFor(purpose: Purpose): KeysByHeader {
    const hostKeys = this.#sources.hostKeys();
    const before = this.#hostKeys;
    const isSame = hostKeys === before || (hostKeys.length === 0 && before?.length === 0);
    if (this.#headers === undefined || !isSame) {
      const sources = [...this.#sources.secrets, ...hostKeys.map(({ key }) => key)];
      const keys = sources.map((source) => ringKeyOf(source, this.#context));
      const headersFor = (each: Purpose): KeysByHeader =>
        new Map(keys.map((key) => [headerOf(key, each), key]));
      this.#headers = {
        session: headersFor('session'),
        login: headersFor('login'),
        state: headersFor('state'),
        record: headersFor('record'),
      };
      this.#hostKeys = hostKeys;
    }
    return this.#headers[purpose];
  }
}

function ringKeyOf(secret: string | HostKey['key'], context: string): RingKey {
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
