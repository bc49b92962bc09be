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
