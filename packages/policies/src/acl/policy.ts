import { definePolicy, deny, type Exchange } from '@sluice/policy-sdk';
import type { z } from 'zod';
import { isKnown, isPreflight } from '../authorization/known-caller.ts';
import { aclSchema } from './schema.ts';

type Callers = NonNullable<z.output<typeof aclSchema.config>['allow']>;

export const acl = definePolicy({
  schema: aclSchema,
  compile(config) {
    const allowed = config.allow && new CallerSet(config.allow);
    const denied = config.deny && new CallerSet(config.deny);
    const refusal = deny('forbidden', 'This caller may not call here.');

    return {
      authorize(exchange) {
        if (isPreflight(exchange)) return undefined;
        if (!isKnown(exchange)) return exchange.unauthorized;
        if (denied?.includes(exchange) === true) return refusal;
        return allowed === undefined || allowed.includes(exchange) ? undefined : refusal;
      },
    };
  },
});

/** Callers by id of the consumer, and by ids of its groups. */
class CallerSet {
  readonly #consumers: ReadonlySet<string>;
  readonly #groups: ReadonlySet<string>;

  constructor({ consumers, groups }: Callers) {
    this.#consumers = new Set(consumers);
    this.#groups = new Set(groups);
  }

  includes({ consumer }: Exchange): boolean {
    if (consumer === undefined) return false;
    return this.#consumers.has(consumer.id) || hasAny(this.#groups, consumer.groupIds);
  }
}

function hasAny(set: ReadonlySet<string>, names: readonly string[]): boolean {
  for (const name of names) if (set.has(name)) return true;
  return false;
}
