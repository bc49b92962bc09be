import { createHash } from 'node:crypto';
import type { AttachedQuota, Consumer, QuotaPeriod, ResourceRef } from '../exchange.ts';
import type { ConsumerDirectory, FoundCredential } from '../host/directories.ts';

/** A quota in short form, for tests. */
export interface TestQuota {
  readonly name: string;
  /** The subject that is counted; by default the consumer or route that has the quota. */
  readonly scope?: string;
  readonly limits: readonly {
    readonly requests: number;
    readonly per: QuotaPeriod;
    readonly burst?: number;
  }[];
}

/** A consumer. Missing properties are derived from the username. */
export interface TestConsumer {
  readonly username: string;
  readonly id?: string;
  readonly customId?: string;
  /** Names of the groups; the id of the group `gold` is `group-gold`. */
  readonly groups?: readonly string[];
  readonly quotas?: readonly TestQuota[];
}

/** An API key and its owner. */
export interface TestKey {
  readonly key: string;
  readonly consumer: TestConsumer;
  readonly name?: string;
  /** Milliseconds since the epoch; it does not expire when left out. */
  readonly expiresAtMs?: number;
  readonly isDisabled?: boolean;
}

/** A credential of another type, such as a password, and its owner. */
export interface TestCredential {
  readonly type: string;
  /** The value by which it is found, such as the username of a password. */
  readonly lookup: string;
  /** What is stored for verification, such as the hash of a password in PHC format. */
  readonly secret?: string;
  readonly algorithm?: string;
  readonly consumer: TestConsumer;
  readonly name?: string;
  /** Milliseconds since the epoch; it does not expire when left out. */
  readonly expiresAtMs?: number;
  readonly isDisabled?: boolean;
}

/** A gateway, a route or a service. The id is derived from the name. */
export function resourceRef(kind: string, name: string): ResourceRef {
  return { id: `${kind}-${name}`, name };
}

export function consumerOf({
  username,
  id = `consumer-${username}`,
  customId,
  groups = [],
  quotas = [],
}: TestConsumer): Consumer {
  return {
    id,
    username,
    customId,
    groups,
    groupIds: groups.map((name) => resourceRef('group', name).id),
    quotas: quotasOf(quotas, `consumer:${id}`),
  };
}

export function quotasOf(quotas: readonly TestQuota[], scope: string): AttachedQuota[] {
  return quotas.map((quota) => ({
    ...resourceRef('quota', quota.name),
    scope: quota.scope ?? scope,
    limits: quota.limits.map(({ requests, per, burst }) => ({ requests, per, burst })),
  }));
}

/** A directory of these consumers. */
export function consumersOf(consumers: readonly TestConsumer[]): ConsumerDirectory {
  const all = consumers.map(consumerOf);
  return {
    find: (by) =>
      all.find((consumer) =>
        'id' in by
          ? consumer.id === by.id
          : 'username' in by
            ? consumer.username === by.username
            : consumer.customId === by.customId,
      ),
  };
}

/** A store that knows these keys, by hash as in the gateway. */
export function credentialsOf(keys: readonly TestKey[]): {
  findKey(hash: string): FoundCredential | undefined;
} {
  const owners = new Map<string, FoundCredential>();
  for (const entry of keys) {
    const { key, consumer, name = `${consumer.username}-key`, expiresAtMs, isDisabled } = entry;
    const hash = createHash('sha256').update(key).digest('hex');
    owners.set(hash, {
      consumer: consumerOf(consumer),
      credential: { ...resourceRef('key', name), type: 'key', expiresAtMs, ...stated(isDisabled) },
      secret: undefined,
    });
  }
  return { findKey: (hash) => owners.get(hash) };
}

/** These credentials by type and lookup value, separated by a space. */
export function otherCredentialsOf(
  credentials: readonly TestCredential[],
): ReadonlyMap<string, FoundCredential> {
  return new Map(
    credentials.map(
      ({ type, lookup, secret, algorithm, consumer, name = lookup, expiresAtMs, isDisabled }) => [
        `${type} ${lookup}`,
        {
          consumer: consumerOf(consumer),
          credential: { ...resourceRef(type, name), type, expiresAtMs, ...stated(isDisabled) },
          secret,
          algorithm,
        },
      ],
    ),
  );
}

function stated(isDisabled: boolean | undefined): { readonly isDisabled?: boolean } {
  return isDisabled === undefined ? {} : { isDisabled };
}
