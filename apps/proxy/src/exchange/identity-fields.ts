import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/**
 * Removes the fields that a client must not set, before a route or policy reads them. Names with
 * `_` were already refused or dropped, see packages/http1.
 */
export function removeClientClaims({ headers, isPeerTrusted, runtime }: Exchange): void {
  const { always, fromUntrusted } = runtime.protectedFields;
  headers.removeBeginningWith(isPeerTrusted ? always : fromUntrusted);
}

/**
 * Removes the protected fields that policies of other routes read, now that the route is known: its
 * own policies remove those that they read themselves.
 */
export function removeUnreadClaims({ headers, pipeline, runtime }: Exchange): void {
  const { readOnSomeRoutes } = runtime.protectedFields;
  if (readOnSomeRoutes === undefined) return;
  for (const name of readOnSomeRoutes) if (!pipeline.readFields.has(name)) headers.remove(name);
}

/** Adds the authenticated consumer's identity for the upstream. */
export function addIdentity(exchange: Exchange): void {
  const { consumer, credential, headers } = exchange;
  if (consumer === undefined) return;
  headers.addOwn(ownFields.consumerId, consumer.id);
  headers.addOwn(ownFields.consumerUsername, consumer.username);
  if (consumer.customId !== undefined)
    headers.addOwn(ownFields.consumerCustomId, consumer.customId);
  if (consumer.groupsText !== '') headers.addOwn(ownFields.consumerGroups, consumer.groupsText);
  if (credential !== undefined) headers.addOwn(ownFields.credentialId, credential.id);
}
