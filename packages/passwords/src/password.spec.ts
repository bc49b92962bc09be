import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { hashPassword, passwordFault, verifyPassword } from './password.ts';
import { isForeignHash, phcFault } from './phc.ts';

describe('hashPassword', () => {
  it('makes a PHC string that verifies the password and no other', async () => {
    const phc = await hashPassword('correct horse');
    expect(phc).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(await verifyPassword(phc, 'correct horse')).toBe(true);
    for (const other of ['correct hors', 'Correct horse', 'correct horse ', ''])
      expect(await verifyPassword(phc, other)).toBe(false);
    expect(await hashPassword('correct horse')).not.toBe(phc);
  });

  it('compares in normalisation form C', async () => {
    const phc = await hashPassword('cafe\u0301');
    expect(await verifyPassword(phc, 'caf\u00e9')).toBe(true);
  });

  it.each([
    ['', 'the password is empty'],
    ['a\u0000b', 'the password contains a control character'],
    ['a\nb', 'the password contains a control character'],
    ['é'.repeat(513), 'the password has 1026 bytes in UTF-8: at most 1024 are accepted'],
  ])('refuses %j', async (password, reason) => {
    expect(passwordFault(password)).toBe(reason);
    await expect(hashPassword(password)).rejects.toThrow(reason);
  });

  it('leaves the event loop free', async () => {
    const idle = performance.eventLoopUtilization();
    const start = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => hashPassword('x')));
    const busy = performance.eventLoopUtilization(idle).active;
    expect(busy).toBeLessThan((performance.now() - start) * 0.7);
  });
});

describe('verifyPassword', () => {
  it.each([
    // From the tests of the reference implementation, and from RFC 7914, section 12.
    [
      'argon2id',
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
      'password',
    ],
    [
      'scrypt',
      '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
      'pleaseletmein',
    ],
  ])('verifies a hash of another program: %s', async (_algorithm, phc, password) => {
    expect(await verifyPassword(phc, password)).toBe(true);
    expect(await verifyPassword(phc, `${password}x`)).toBe(false);
  });

  it.each([
    // From the tests of PHP, of Openwall's crypt_blowfish, and of Kong.
    ['$2y$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi', 'rasmuslerdorf'],
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    [
      '$kong-sha1$ff2cc8a5-d4e4-4fcc-95c3-6ed1e4a0d9c5$' +
        createHash('sha1').update('kongff2cc8a5-d4e4-4fcc-95c3-6ed1e4a0d9c5').digest('hex'),
      'kong',
    ],
  ])('verifies a hash that was made for another gateway: %s', async (stored, password) => {
    expect(phcFault(stored)).toBeUndefined();
    expect(isForeignHash(stored)).toBe(true);
    expect(await verifyPassword(stored, password)).toBe(true);
    for (const other of [`${password}x`, password.slice(1), password.toUpperCase(), ''])
      if (other !== password) expect(await verifyPassword(stored, other)).toBe(false);
  });

  it('compares with hashes of others without normalisation, as they were made', async () => {
    const id = 'ff2cc8a5-d4e4-4fcc-95c3-6ed1e4a0d9c5';
    const decomposed = 'cafe\u0301';
    const stored = `$kong-sha1$${id}$${createHash('sha1')
      .update(decomposed + id)
      .digest('hex')}`;
    expect(await verifyPassword(stored, decomposed)).toBe(true);
    expect(await verifyPassword(stored, decomposed.normalize('NFC'))).toBe(false);
    expect(isForeignHash(await hashPassword('x'))).toBe(false);
  });

  it('is false for a string that is no hash or is beyond the bounds', async () => {
    const costly = '$argon2id$v=19$m=4194304,t=100,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAp';
    for (const phc of ['', 'secret', costly])
      expect(await verifyPassword(phc, 'secret')).toBe(false);
  });
});
