import { NameBeginnings } from '@sluice/http1';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/** Fields that tell upstreams the caller's identity. A client must not set them itself. */
const identity = new NameBeginnings(['x-consumer-', 'x-credential-']);
/** The same, and the forwarding fields: only a trusted proxy may set those. */
const identityAndOrigin = new NameBeginnings([
  ...identity.beginnings,
  'x-forwarded-',
  'x-real-ip',
  'forwarded',
]);

/**
 * Removes the fields that a client must not set, before a route or policy reads them. Names with
 * `_` or `.` were already refused, see packages/http1.
 */
export function removeClientClaims({ headers, isPeerTrusted }: Exchange): void {
  headers.removeBeginningWith(isPeerTrusted ? identity : identityAndOrigin);
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
