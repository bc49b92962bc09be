export { CrlFault, readCrls } from './crl.ts';
export type { Crl } from './crl.ts';
