export { hashPassword, maxPasswordBytes, passwordFault, verifyPassword } from './password.ts';
export { parsePhc, phcFault } from './phc.ts';
export type { Argon2idHash, PasswordHash, ScryptHash } from './phc.ts';
