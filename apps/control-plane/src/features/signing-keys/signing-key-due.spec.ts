import { describe, expect, it } from '@jest/globals';
import { dueChanges, nextName, publishAheadMs } from './signing-key-due.ts';
import type { KeyUse, StoredKey } from './signing-key-due.ts';

const dayMs = 86_400_000;
const rotateAfterMs = 30 * dayMs;
const nowMs = Date.parse('2026-06-01T00:00:00Z');

const key = (name: string, ageMs: number, gatewayId = 'g'): StoredKey => ({
  id: name,
  name,
  gatewayId,
  use: name.startsWith('session') ? 'session' : 'identity',
  activeAtMs: nowMs - ageMs,
});
const due = (...keys: StoredKey[]) => {
  const { create, remove } = dueChanges(keys, nowMs, rotateAfterMs);
  return { create, remove: remove.map(({ name }) => name) };
};
const next = (inMs: number, use: KeyUse = 'identity', gatewayId = 'g') => ({
  gatewayId,
  use,
  activeAtMs: nowMs + inMs,
});

describe('dueChanges', () => {
  it('creates the next key before it is needed, and only one', () => {
    expect(due(key('identity-1', rotateAfterMs - publishAheadMs - 1)).create).toEqual([]);
    const old = key('identity-1', rotateAfterMs - publishAheadMs);
    expect(due(old).create).toEqual([next(publishAheadMs)]);
    expect(due(old, key('identity-2', -publishAheadMs)).create).toEqual([]);
  });

  it('publishes a key that is late for the whole time as well', () => {
    expect(due(key('session-1', rotateAfterMs + dayMs)).create).toEqual([
      next(publishAheadMs, 'session'),
    ]);
  });

  it('rotates each use of each gateway by itself', () => {
    const { create } = due(
      key('identity-1', rotateAfterMs),
      key('session-1', 0),
      key('identity-1', 0, 'h'),
      key('session-1', rotateAfterMs, 'h'),
    );
    expect(create).toEqual([next(publishAheadMs), next(publishAheadMs, 'session', 'h')]);
  });

  it('removes a key when nothing that it signed or encrypted is valid any more', () => {
    const identity = (replacedMs: number) =>
      due(key('identity-1', 20 * dayMs), key('identity-2', replacedMs)).remove;
    expect(identity(dayMs - 1)).toEqual([]);
    expect(identity(dayMs)).toEqual(['identity-1']);
    const session = (replacedMs: number) =>
      due(key('session-1', 90 * dayMs), key('session-2', replacedMs), key('session-3', -1)).remove;
    expect(session(31 * dayMs - 1)).toEqual([]);
    expect(session(31 * dayMs)).toEqual(['session-1']);
    expect(due(key('identity-1', 99 * dayMs), key('identity-2', -1)).remove).toEqual([]);
  });
});

it('nextName is the name after the highest number', () => {
  expect(nextName('identity', [])).toBe('identity-1');
  expect(nextName('identity', ['identity-2', 'identity-10', 'session-11', 'identity-x'])).toBe(
    'identity-11',
  );
});
