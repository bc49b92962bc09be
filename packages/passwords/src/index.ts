export { hashPassword, maxPasswordBytes, passwordFault, verifyPassword } from './password.ts';
export { isForeignHash, parsePhc, phcFault } from './phc.ts';
export type { Argon2idHash, BcryptHash, KongSha1Hash, PasswordHash, ScryptHash } from './phc.ts';
