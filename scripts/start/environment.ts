/**
 * The environment for programs other than the control plane, which alone encrypts secrets: without
 * its keys, which `npm start` was given.
 */
export function withoutEncryptionKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    SLUICE_ENCRYPTION_KEY: _current,
    SLUICE_DECRYPTION_KEYS: _earlier,
    ...rest
  } = environment;
  return rest;
}
