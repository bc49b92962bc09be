import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { HostKey, HostKeys, KeyUse } from '../host/keys.ts';

/** Keys of a gateway for tests: created on first use. */
export class TestKeys implements HostKeys {
  readonly #keys = new Map<KeyUse, readonly HostKey[]>();
  #created = 0;

  current(use: KeyUse): HostKey | undefined {
    return this.all(use)[0];
  }

  all(use: KeyUse): readonly HostKey[] {
    return this.#keys.get(use) ?? this.rotate(use);
  }

  /** Puts a new key in use and keeps the earlier ones. Returns all. */
  rotate(use: KeyUse): readonly HostKey[] {
    const keys = [this.#create(use), ...(this.#keys.get(use) ?? [])];
    this.#keys.set(use, keys);
    return keys;
  }

  #create(use: KeyUse): HostKey {
    const kid = `${use}-${++this.#created}`;
    if (use === 'session') {
      const key = createSecretKey(randomBytes(32));
      return { kid, use, algorithm: 'A256GCM', key, publicJwk: undefined };
    }
    const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
    return { kid, use, algorithm: 'ES256', key, publicJwk };
  }
}
