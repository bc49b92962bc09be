import { describe, expect, it } from '@jest/globals';
import { parsePhc, phcFault } from './phc.ts';

const values = `${'A'.repeat(22)}$${'B'.repeat(43)}`;

describe('parsePhc', () => {
  it('reads both algorithms', () => {
    expect(parsePhc(`$argon2id$v=19$m=19456,t=2,p=1$${values}`)).toEqual({
      algorithm: 'argon2id',
      memoryKiB: 19_456,
      passes: 2,
      parallelism: 1,
      salt: 'A'.repeat(22),
      hash: 'B'.repeat(43),
    });
    expect(parsePhc(`$scrypt$ln=17,r=8,p=1$${values}`)).toMatchObject({
      algorithm: 'scrypt',
      costLog2: 17,
      blockSize: 8,
    });
  });

  it.each([
    ['text', 'a password hash is a PHC string'],
    [`$argon2i$v=19$m=19456,t=2,p=1$${values}`, 'a password hash is a PHC string'],
    [`$argon2id$v=16$m=19456,t=2,p=1$${values}`, 'argon2id has version 19, not 16'],
    [`$argon2id$v=19$m=1048576,t=1,p=1$${values}`, 'between 4096 and 131072 KiB, not 1048576'],
    [`$argon2id$v=19$m=8,t=1,p=1$${values}`, 'between 4096 and 131072 KiB, not 8'],
    [`$argon2id$v=19$m=65536,t=9,p=1$${values}`, 't × m at most 524288, not 589824'],
    [`$argon2id$v=19$m=19456,t=0,p=1$${values}`, 'at least 1'],
    [`$argon2id$v=19$m=19456,t=2,p=0$${values}`, 'the parallelism (p) is between 1 and 8, not 0'],
    [`$argon2id$v=19$m=19456,t=2,p=99$${values}`, 'the parallelism (p) is between 1 and 8'],
    [
      `$argon2id$v=19$m=19456,t=2,p=1$AAAA$${'B'.repeat(43)}`,
      'the salt has between 8 and 48 bytes',
    ],
    [`$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$BBBB`, 'the hash has between 16 and 64'],
    [`$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(21)}$BBBB`, 'the salt is not base64'],
    [`$argon2id$v=19$m=19456,t=2,p=1$${values}=`, 'a password hash is a PHC string'],
    [`$argon2id$v=19$m=19456,t=2,p=1$${values}\n`, 'a password hash is a PHC string'],
    [`$scrypt$ln=20,r=8,p=1$${values}`, 'between 4194304 and 134217728 bytes'],
    [`$scrypt$ln=4,r=8,p=1$${values}`, 'between 4194304 and 134217728 bytes'],
    [`$scrypt$ln=999,r=8,p=1$${values}`, 'between 4194304 and 134217728 bytes'],
    [`$scrypt$ln=17,r=8,p=4$${values}`, 'at most 268435456'],
    [`$scrypt$ln=15,r=8,p=0$${values}`, 'the parallelism (p) is between 1 and 8, not 0'],
    [`$2x$10$${'a'.repeat(53)}`, 'a password hash is a PHC string'],
    [`$2b$10$${'a'.repeat(52)}`, 'a password hash is a PHC string'],
    [`$2b$10$${'a'.repeat(52)}=`, 'a password hash is a PHC string'],
    [`$2b$13$${'a'.repeat(53)}`, 'the cost of bcrypt is between 4 and 12, not 13'],
    [`$2b$31$${'a'.repeat(53)}`, 'the cost of bcrypt is between 4 and 12, not 31'],
    [`$2b$03$${'a'.repeat(53)}`, 'the cost of bcrypt is between 4 and 12, not 3'],
    [`$kong-sha1$acme$${'0'.repeat(40)}`, 'a password hash is a PHC string'],
    ['0'.repeat(40), 'a password hash is a PHC string'],
    ['$'.repeat(300), 'at most 256 characters, not 300'],
  ])('refuses %s', (text, reason) => {
    expect(phcFault(text)).toContain(reason);
    expect(parsePhc(text)).toBeUndefined();
  });
});
