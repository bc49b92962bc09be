import { definePolicy, deny, isPreflight, type Exchange, type Reply } from '@sluice/policy-sdk';
import { isKnown } from '../authorization/known-caller.ts';
import { compileExpression } from '../expressions/expression.ts';
import { valuesOf } from '../expressions/values.ts';
import { claimsSchema } from './schema.ts';
import { scopesOf } from './scopes.ts';

export const claims = definePolicy({
  schema: claimsSchema,
  compile({ scopes, condition }, host) {
    const expression = condition === undefined ? undefined : compileExpression(condition);
    const refusal = deny('forbidden', 'This caller may not make this request.', [], 'denied');
    const insufficient = insufficientScope([...(scopes?.all ?? []), ...(scopes?.any ?? [])]);
    const faults = host.metrics.counter(
      'evaluation_faults_total',
      'Requests refused because the condition could not be evaluated.',
      ['route'],
    );

    const hasScopes = (exchange: Exchange): boolean => {
      if (scopes === undefined) return true;
      const { all, any, claim } = scopes;
      const present = scopesOf(exchange.claims, claim);
      return (
        all.every((scope) => present.has(scope)) &&
        (any.length === 0 || any.some((scope) => present.has(scope)))
      );
    };

    const isAllowed = (exchange: Exchange): boolean => {
      if (expression === undefined) return true;
      try {
        const { consumer } = exchange;
        const values = valuesOf(expression, exchange, consumer?.groups ?? [], host.clock.now());
        return expression.evaluate(values) === true;
      } catch {
        // A claim that is missing or has another type: closed, and visible to the operator.
        faults.add(1, exchange.route.name);
        return false;
      }
    };

    return {
      authorize(exchange) {
        if (isPreflight(exchange)) return undefined;
        if (!isKnown(exchange)) return exchange.unauthorized;
        if (!hasScopes(exchange)) return insufficient;
        return isAllowed(exchange) ? undefined : refusal;
      },
    };
  },
});

/** RFC 6750, section 3.1. */
function insufficientScope(scopes: readonly string[]): Reply {
  const scope = [...new Set(scopes)].join(' ');
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  return deny(
    'insufficient_scope',
    `Send a token with the scope ${scope}.`,
    [['WWW-Authenticate', challenge]],
    'insufficient_scope',
  );
}
