import { importJwk, importPem, importSecret, type VerificationKey } from '@sluice/tokens';
import type { StaticKeyConfig } from './schema.ts';

/**
 * Imports a key of the configuration.
 * @throws TypeError that says why the key is not usable; the message contains no key material
 */
export function importKey(config: StaticKeyConfig, index: number): VerificationKey {
  const { kid, algorithm, pem, jwk, secret = '', encoding } = config;
  try {
    if (pem !== undefined) return importPem(pem, { kid, algorithm });
    if (jwk === undefined) return importSecret(Buffer.from(secret, encoding), { kid, algorithm });
    return importJwk({
      ...jwk,
      ...(kid === undefined ? {} : { kid }),
      ...(algorithm === undefined ? {} : { alg: algorithm }),
    });
  } catch (fault) {
    throw new TypeError(`key ${index + 1} of the issuer ${(fault as Error).message}`);
  }
}
