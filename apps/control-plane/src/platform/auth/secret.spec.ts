import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSecret, hasValidChecksum, hashSecret, weaknessOfSecret } from './secret.ts';

describe('secrets', () => {
  it('consist of a prefix, 256 random bits and a checksum', () => {
    const made = Array.from({ length: 200 }, () => createSecret('slk'));
    expect(new Set(made).size).toBe(200);
    for (const secret of made) {
      expect(secret).toMatch(/^slk_[0-9A-Za-z]{49}$/);
      expect(hasValidChecksum(secret)).toBe(true);
      expect(weaknessOfSecret(secret)).toBeUndefined();
    }
  });

  it('are distinguished from mistyped ones by the checksum', () => {
    const secret = createSecret('slk');
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: secret.length - 1 }),
        fc.constantFrom(...'0123456789ABCXYZabcxyz'),
        (place, letter) => {
          const mistyped = secret.slice(0, place) + letter + secret.slice(place + 1);
          expect(hasValidChecksum(mistyped)).toBe(mistyped === secret);
        },
      ),
    );
    expect(hasValidChecksum(secret.slice(0, -1))).toBe(false);
    expect(hasValidChecksum('a key of another product')).toBe(false);
  });

  it('are stored as SHA-256', () => {
    expect(hashSecret('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it.each(['changeme', 'secret', 'admin', 'Zk3hT9qLw2Xc8vBn5mRt7yU'])(
    '%s is too short',
    (secret) => {
      expect(weaknessOfSecret(secret)).toContain('at least 24 characters');
    },
  );

  it.each([
    'changemechangemechangeme',
    'change-me-change-me-change-me',
    'secret-secret-secret-secret',
    'admin-admin-admin-admin-admin',
    'replace-this-with-your-token',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'password123password123password123',
    '123412341234123412341234',
  ])('%s is a placeholder', (secret) => {
    expect(weaknessOfSecret(secret)).toContain('placeholder');
  });

  it('must not contain spaces', () => {
    expect(weaknessOfSecret('Zk3hT9qLw2Xc8vBn5mRt7yUp with spaces')).toContain('visible ASCII');
  });
});
