import { describe, expect, it } from '@jest/globals';
import type { Caller } from '../../platform/auth/role.ts';
import { TokenLookup } from './token-lookup.ts';

const caller = (name: string): Caller => ({ tokenId: name, name, role: 'viewer' });

describe('TokenLookup', () => {
  it('runs one query at a time during many guesses, and finds the valid token among them', async () => {
    const queries: number[] = [];
    let running = 0;
    let most = 0;
    const lookup = new TokenLookup(async (hashes) => {
      most = Math.max(most, ++running);
      queries.push(hashes.length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return new Map(hashes.includes('valid') ? [['valid', caller('valid')]] : []);
    });
    const guesses = Array.from({ length: 3_000 }, (_, index) => lookup.find(`guess-${index}`));
    const valid = lookup.find('valid');
    expect(lookup.find('valid')).toBe(valid);
    expect(await valid).toEqual(caller('valid'));
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([undefined]));
    expect(most).toBe(1);
    expect(queries.length).toBeLessThan(10);
  });

  it('rejects the lookups of a failed query, and queries again for the next lookup', async () => {
    let fails = true;
    const lookup = new TokenLookup(async (hashes) => {
      if (fails) throw new Error('no database');
      return new Map(hashes.map((hash) => [hash, caller(hash)]));
    });
    await expect(lookup.find('a')).rejects.toThrow('no database');
    fails = false;
    expect(await lookup.find('a')).toEqual(caller('a'));
  });

  it('bounds the number of waiting lookups', async () => {
    const never = new TokenLookup(() => new Promise(() => {}));
    for (let index = 0; index < 10_001; index++) void never.find(String(index)).catch(() => {});
    await expect(never.find('one more')).rejects.toMatchObject({ code: 'overloaded' });
  });
});
