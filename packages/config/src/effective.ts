import type { AttachPoint } from '@sluice/policies/schemas';
import type { PolicyAttachment } from './policy-attachment.ts';

/** A resource whose policies take part, in the order gateway, service, route, group (each), consumer. */
export interface PolicyHolder {
  readonly kind: AttachPoint;
  readonly id: string;
  readonly name: string;
  readonly policies: readonly PolicyAttachment[];
}

/** A policy that will run, and where it came from. */
export interface EffectivePolicy {
  readonly attachment: PolicyAttachment;
  readonly from: PolicyHolder;
}

/**
 * The policies that run for an exchange: a later holder's attachment replaces an earlier one of the same name, in the
 * earlier one's place, so that what a consumer overrides keeps its order.
 */
export function effectivePolicies(holders: readonly PolicyHolder[]): EffectivePolicy[] {
  const byName = new Map<string, EffectivePolicy>();
  for (const from of holders) {
    for (const attachment of from.policies) byName.set(attachment.name, { attachment, from });
  }
  return [...byName.values()];
}

/**
 * Policies every gateway has without being asked: a quota that is attached to a consumer, group, route or service is
 * enforced. They count as the gateway's first ones and can be replaced like any other, for instance to run in shadow.
 */
export const defaultPolicies: readonly PolicyAttachment[] = Object.freeze([{ name: 'quota', config: {}, mode: 'enforce' }]);
