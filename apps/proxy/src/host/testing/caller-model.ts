/** A use of a policy in a tested combination. */
export interface AttachedPolicy {
  readonly name: 'key-auth' | 'basic-auth' | 'token-a' | 'token-b' | 'anonymous' | 'acl' | 'gate';
  readonly mode: 'enforce' | 'shadow';
  readonly onError?: 'open' | 'closed';
  readonly optional?: boolean;
  readonly required?: boolean;
}

/** What a request presents to one alternative. */
export type Presented =
  | { readonly kind: 'caller'; readonly consumer: string | undefined }
  | { readonly kind: 'wrong' | 'doubt' | 'fail' };

export interface CallerRequest {
  /** By name of the alternative; a missing one finds no credential. */
  readonly presented: Readonly<Record<string, Presented>>;
  readonly hasAuthorization: boolean;
  readonly gate: 'yes' | 'no' | 'fail';
  readonly isPreflight: boolean;
}

/** What may happen to a request: it is refused with one of these statuses, or passes. */
export type Decision =
  | { readonly passes: false; readonly statuses: ReadonlySet<number> }
  | { readonly passes: true; readonly consumer: string | undefined };

const refused = (...statuses: number[]): Decision => ({
  passes: false,
  statuses: new Set(statuses),
});

/** The group that `acl` allows has this consumer alone. */
export const groupMember = 'acme';
export const anonymousConsumer = 'public';

/**
 * The rules of authentication.md, written without a look at the runner: what all policies of a
 * route decide about a request. Policies in shadow mode decide nothing.
 */
export function decisionOf(policies: readonly AttachedPolicy[], request: CallerRequest): Decision {
  const enforced = policies.filter(({ mode }) => mode === 'enforce');
  const alternatives = enforced.filter(({ name }) => /auth$|^token/.test(name));
  const hasFallback = enforced.some(({ name }) => name === 'anonymous');
  const caller = callerOf(alternatives, hasFallback, request);
  if ('passes' in caller) return caller;
  const statuses = new Set(
    enforced.flatMap((policy) => authorisation(policy, caller, request) ?? []),
  );
  return statuses.size > 0
    ? { passes: false, statuses }
    : { passes: true, consumer: caller.consumer };
}

interface Caller {
  readonly isKnown: boolean;
  readonly consumer: string | undefined;
}

const unknown: Caller = { isKnown: false, consumer: undefined };

function callerOf(
  alternatives: readonly AttachedPolicy[],
  hasFallback: boolean,
  { presented, hasAuthorization, isPreflight }: CallerRequest,
): Caller | Decision {
  const found = alternatives.flatMap((policy) => {
    const credential = presented[policy.name];
    return credential === undefined ? [] : [{ policy, ...credential }];
  });
  const callers = found.filter((each) => each.kind === 'caller');
  const required = alternatives.filter((each) => each.required === true);
  const others = alternatives.filter((each) => each.required !== true);
  const consumers = new Set(callers.map((each) => each.consumer));
  const named = [...consumers].filter((each) => each !== undefined);
  // A credential of no consumer and one of a consumer are two callers, unless one is required.
  const optionalCallers = callers.filter(({ policy }) => policy.required !== true);
  const isConflict =
    named.length > 1 || new Set(optionalCallers.map((each) => each.consumer)).size > 1;
  const isBroken = found.some((each) => each.kind === 'fail');
  const isWrong = found.some((each) => each.kind === 'wrong');
  const isDoubted = found.some(
    ({ kind, policy }) =>
      kind === 'doubt' && (policy.required === true || optionalCallers.length === 0),
  );
  if (isBroken) return refused(503, ...(found.length > 1 ? [401] : []));
  if (isWrong || isConflict || isDoubted) return refused(401);

  const missing = required.filter(({ name }) => presented[name] === undefined);
  const isOptional = others.some(({ optional }) => optional === true);
  if (required.length > 0) {
    const lacks = others.length > 0 && !isOptional && optionalCallers.length === 0;
    if (missing.length > 0) return isPreflight ? unknown : refused(401);
    if (lacks && !isPreflight) return refused(401);
  }
  if (callers.length > 0) return { isKnown: true, consumer: named[0] };
  if (hasFallback && required.length === 0 && !hasAuthorization)
    return { isKnown: true, consumer: anonymousConsumer };
  const needsNone = alternatives.length === 0 && !hasFallback;
  return needsNone || isOptional || isPreflight ? unknown : refused(401);
}

/** The status with which a policy refuses the caller; undefined when it does not. */
function authorisation(
  { name, onError }: AttachedPolicy,
  { isKnown, consumer }: Caller,
  { gate, isPreflight }: CallerRequest,
): number | undefined {
  if (name === 'gate')
    return gate === 'no' ? 403 : gate === 'fail' && onError !== 'open' ? 503 : undefined;
  if (name !== 'acl' || isPreflight) return undefined;
  if (!isKnown) return 401;
  return consumer === groupMember ? undefined : 403;
}
