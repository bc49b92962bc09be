import { definePolicy, deny, isPreflight } from '@sluice/policy-sdk';
import { isKnown } from '../authorization/known-caller.ts';
import { Callers } from './callers.ts';
import { aclSchema } from './schema.ts';

export const acl = definePolicy({
  schema: aclSchema,
  compile(config) {
    const allowed = config.allow && new Callers(config.allow);
    const denied = config.deny && new Callers(config.deny);
    const detail = 'This caller may not call here.';
    const isDenied = deny('forbidden', detail, [], 'denied');
    const isInNoGroup = deny('forbidden', detail, [], 'not_in_group');
    const overage = deny(
      aclSchema.errors.groups_overage,
      'The token leaves out groups because they are too many: ask its issuer to state fewer groups, or roles instead.',
      [],
      'groups_overage',
    );

    return {
      authorize(exchange) {
        if (isPreflight(exchange)) return undefined;
        if (!isKnown(exchange)) return exchange.unauthorized;
        if (denied !== undefined) {
          if (denied.includes(exchange)) return isDenied;
          if (denied.mayInclude(exchange)) return overage;
        }
        if (allowed === undefined || allowed.includes(exchange)) return undefined;
        return allowed.mayInclude(exchange) ? overage : isInNoGroup;
      },
    };
  },
});
