import { createSecretKey, hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { HostKey } from '@sluice/policy-sdk';
import fc from 'fast-check';
import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose';
import { KeyRing, type Purpose } from './key-ring.ts';

const [one, two] = ['the first secret, which is long enough', 'the second secret, just as long'];
const ringOf = (secrets: string[], context = 'gateway a'): KeyRing =>
  new KeyRing({ secrets, hostKeys: () => [] }, context);
const keyOf = (secret: string, context = 'gateway a'): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `sluice oidc dir A256GCM ${context}`, 32));

describe('KeyRing', () => {
  it('writes JWE that jose decrypts', async () => {
    const sealed = ringOf([one]).seal('session', { a: 'ü' });
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, keyOf(one));
    expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual({ a: 'ü' });
    expect(protectedHeader).toMatchObject({ alg: 'dir', enc: 'A256GCM', typ: 'session' });
    expect(protectedHeader.kid).toMatch(/^[\w-]{11}$/);
  });

  it('decrypts what jose encrypts under the same header, and nothing under another', async () => {
    const ring = ringOf([one]);
    const header = decodeProtectedHeader(ring.seal('session', 1));
    const encrypted = (changes: object): Promise<string> =>
      new CompactEncrypt(Buffer.from('{"a":1}'))
        .setProtectedHeader({ ...header, ...changes } as never)
        .encrypt(keyOf(one));
    expect(ring.open('session', await encrypted({}))).toEqual({ a: 1 });
    for (const changes of [{ kid: 'x' }, { typ: 'login' }, { zip: 'DEF' }, { cty: 'JWT' }])
      expect(ring.open('session', await encrypted(changes).catch(() => ''))).toBeUndefined();
  });

  it('opens only what was sealed for the purpose, with a key of the ring and its context', () => {
    const purposes: Purpose[] = ['session', 'login', 'state', 'record'];
    const ring = ringOf([one]);
    for (const purpose of purposes)
      for (const other of purposes) {
        const opened = ring.open(other, ring.seal(purpose, { a: 1 }));
        expect(opened).toEqual(other === purpose ? { a: 1 } : undefined);
      }
    const sealed = ring.seal('session', { a: 1 });
    expect(ringOf([two, one]).open('session', sealed)).toEqual({ a: 1 });
    expect(ringOf([two]).open('session', sealed)).toBeUndefined();
    expect(ringOf([one], 'gateway b').open('session', sealed)).toBeUndefined();
    expect(ringOf([two]).whyClosed('session', sealed)).toBe('unknown_key');
    expect(ringOf([one]).whyClosed('session', `${sealed}A`)).toBe('bad_signature');
    expect(ringOf([one]).whyClosed('session', 'x')).toBe('malformed');
  });

  it('opens no text that was changed in any way', () => {
    const ring = ringOf([one]);
    const sealed = ring.seal('session', { a: 1 });
    const position = fc.nat({ max: sealed.length });
    const alphabet = fc.constantFrom('', 'A', 'B', '_', '-', '.', '=', '+', ' ', '\n', 'é');
    fc.assert(
      fc.property(position, fc.nat({ max: 3 }), alphabet, (at, removed, added) => {
        const changed = sealed.slice(0, at) + added + sealed.slice(at + removed);
        if (changed !== sealed) expect(ring.open('session', changed)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('uses the keys of the gateway, also after they have changed', () => {
    const keyNamed = (kid: string): HostKey => ({
      kid,
      use: 'session',
      algorithm: 'A256GCM',
      key: createSecretKey(Buffer.alloc(32, kid)),
      publicJwk: undefined,
    });
    let keys = [keyNamed('a')];
    const ring = new KeyRing({ secrets: [], hostKeys: () => keys }, 'gateway a');
    const first = ring.seal('session', 1);
    keys = [keyNamed('b'), keyNamed('a')];
    const second = ring.seal('session', 2);
    expect([ring.open('session', first), ring.open('session', second)]).toEqual([1, 2]);
    keys = [keyNamed('b')];
    expect([ring.open('session', first), ring.open('session', second)]).toEqual([undefined, 2]);
    keys = [];
    expect(() => ring.seal('session', 3)).toThrow('sessionKeys');
  });
});
