import { createSecretKey, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HostKey, KeyUse } from '@sluice/policy-sdk';
import { GatewayKeys } from './gateway-keys.ts';

let nowMs: number;
let keys: GatewayKeys;

beforeEach(() => {
  nowMs = 1_000;
  keys = new GatewayKeys(() => nowMs);
});

const add = (kid: string, activeAtMs: number, use: KeyUse = 'session'): void => {
  const key: HostKey = {
    kid,
    use,
    algorithm: 'A256GCM',
    key: createSecretKey(randomBytes(32)),
    publicJwk: undefined,
  };
  keys.set({ key, activeAtMs });
};
const kids = (use: KeyUse = 'session') => keys.all(use).map(({ kid }) => kid);

describe('GatewayKeys', () => {
  it('has none of a use without keys', () => {
    add('a', 0);
    expect(keys.current('identity')).toBeUndefined();
    expect(kids('identity')).toEqual([]);
  });

  it('uses the key that was activated last, then the next ones, then former ones', () => {
    add('former', 100);
    add('later', 3_000);
    add('next', 2_000);
    add('now', 900);
    add('other', 950, 'identity');
    expect(kids()).toEqual(['now', 'next', 'later', 'former']);
    expect(keys.all('session')).toBe(keys.all('session'));
    nowMs = 1_999;
    expect(kids()[0]).toBe('now');
    nowMs = 2_000;
    expect(kids()).toEqual(['next', 'later', 'now', 'former']);
    nowMs = 5_000;
    expect(kids()).toEqual(['later', 'next', 'now', 'former']);
    keys.delete('later');
    expect(kids()).toEqual(['next', 'now', 'former']);
  });

  it('uses the earliest one while none is active yet', () => {
    add('second', 3_000);
    add('first', 2_000);
    expect(kids()).toEqual(['first', 'second']);
    nowMs = 3_000;
    expect(kids()).toEqual(['second', 'first']);
  });
});
