import { mergePolicies, type AttachPoint } from '@sluice/policies/schemas';
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
