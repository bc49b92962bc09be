import type { AttachPoint } from '@sluice/policies/schemas';
import type { PolicyAttachment } from './policy-attachment.ts';

/**
 * A resource that policies are attached to, in the order gateway, service, route, group (each),
 * consumer.
 */
export interface PolicyHolder {
  readonly kind: AttachPoint;
  readonly id: string;
  readonly name: string;
  readonly policies: readonly PolicyAttachment[];
}

/** A policy that will run, and the resource it is attached to. */
export interface EffectivePolicy {
  readonly name: string;
  readonly attachment: PolicyAttachment;
  readonly from: PolicyHolder;
}

/**
 * Merges the policies of gateway, service, route, groups and consumer, given in that order. A
 * policy replaces an earlier one of the same name and takes its position, so that overriding a
 * policy does not change the order.
 */
export function mergePolicies<Policy extends { readonly name: string }>(
  lists: Iterable<Iterable<Policy>>,
): Policy[] {
  const byName = new Map<string, Policy>();
  for (const list of lists) for (const policy of list) byName.set(policy.name, policy);
  return [...byName.values()];
}

/** Returns the policies that run for an exchange, each with the resource it is attached to. */
export function effectivePolicies(holders: readonly PolicyHolder[]): EffectivePolicy[] {
  return mergePolicies(
    holders.map((from) =>
      from.policies.map((attachment) => ({ name: attachment.name, attachment, from })),
    ),
  );
}

/**
 * Policies that every gateway has by default, so that a quota attached to a consumer, group, route
 * or service is enforced. They run before the gateway's own and can be replaced like any other, for
 * instance to run in shadow.
 */
export const defaultPolicies: readonly PolicyAttachment[] = Object.freeze([
  { name: 'quota', config: {}, mode: 'enforce' },
]);
