import type { Spec } from '@sluice/config';

/** The use of a key. */
export type KeyUse = Spec<'signingKey'>['use'];

/** A stored key, without the secret. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly gatewayId: string;
  readonly use: KeyUse;
  /** Epoch milliseconds; 0 for a key that is active from the start. */
  readonly activeAtMs: number;
}

/** A key to create. */
export interface DueKey {
  readonly gatewayId: string;
  readonly use: KeyUse;
  readonly activeAtMs: number;
}

/** What a rotation does now. */
export interface DueChanges {
  readonly create: readonly DueKey[];
  readonly remove: readonly StoredKey[];
}

/**
 * How long a key is published before it is used. Nodes let upstreams keep the list of public keys
 * for half of that time.
 */
export const publishAheadMs = 600_000;

const dayMs = 86_400_000;

/**
 * How long a replaced key stays. A node without a connection signs with the keys that it has, so
 * both are much longer than what is signed: a token of a caller's identity is valid for a minute.
 * Session cookies last 30 days at most.
 */
const keptMs: Readonly<Record<KeyUse, number>> = { identity: dayMs, session: 31 * dayMs };

/**
 * Decides which keys to create and to remove. Each use of each gateway is rotated by itself.
 * @param rotateAfterMs how long a key is used
 */
export function dueChanges(
  keys: readonly StoredKey[],
  nowMs: number,
  rotateAfterMs: number,
): DueChanges {
  const create: DueKey[] = [];
  const remove: StoredKey[] = [];
  for (const group of Map.groupBy(keys, ({ gatewayId, use }) => `${gatewayId} ${use}`).values()) {
    const newestFirst = group.toSorted((a, b) => b.activeAtMs - a.activeAtMs);
    const [newest] = newestFirst;
    if (newest === undefined) continue;
    const { gatewayId, use } = newest;
    const replacedAtMs = Math.max(newest.activeAtMs + rotateAfterMs, nowMs + publishAheadMs);
    if (replacedAtMs <= nowMs + publishAheadMs)
      create.push({ gatewayId, use, activeAtMs: replacedAtMs });
    const replaced = newestFirst.findIndex(({ activeAtMs }) => activeAtMs <= nowMs - keptMs[use]);
    if (replaced >= 0) remove.push(...newestFirst.slice(replaced + 1));
  }
  return { create, remove };
}

/** The next free name of a key of this use. */
export function nextName(use: KeyUse, names: readonly string[]): string {
  const numbers = names.map((name) => Number(new RegExp(`^${use}-(\\d{1,9})$`).exec(name)?.[1]));
  return `${use}-${Math.max(0, ...numbers.filter(Number.isFinite)) + 1}`;
}
