import type { Exchange } from '@sluice/policy-sdk';
import type { z } from 'zod';
import type { aclSchema } from './schema.ts';

type CallersConfig = NonNullable<z.output<typeof aclSchema.config>['allow']>;

/** Callers by id of the consumer, by ids of its groups, and by the groups that their token states. */
export class Callers {
  readonly #consumers: ReadonlySet<string>;
  readonly #groups: ReadonlySet<string>;
  readonly #tokenGroups: ReadonlySet<string>;

  constructor({ consumers, groups, tokenGroups }: CallersConfig) {
    this.#consumers = new Set(consumers);
    this.#groups = new Set(groups);
    this.#tokenGroups = new Set(tokenGroups);
  }

  includes({ consumer, tokenGroups }: Exchange): boolean {
    if (
      consumer !== undefined &&
      (this.#consumers.has(consumer.id) || hasAny(this.#groups, consumer.groupIds))
    )
      return true;
    return tokenGroups !== undefined && hasAny(this.#tokenGroups, tokenGroups);
  }

  /** Whether a caller that is not included may be in one of the groups without its token saying so. */
  mayInclude({ groupsOverage }: Exchange): boolean {
    return groupsOverage && this.#tokenGroups.size > 0;
  }
}

function hasAny(set: ReadonlySet<string>, names: readonly string[]): boolean {
  if (set.size === 0) return false;
  for (const name of names) if (set.has(name)) return true;
  return false;
}
