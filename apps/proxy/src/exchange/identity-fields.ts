import { NameBeginnings } from '@sluice/http1';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/** Fields by which the gateway tells upstreams who calls. A client that sends one is claiming to be somebody. */
const identity = new NameBeginnings(['x-consumer-', 'x-credential-']);
/** The same, and those by which proxies tell where a request came from: only a trusted proxy may say that. */
const identityAndOrigin = new NameBeginnings([...identity.beginnings, 'x-forwarded-', 'x-real-ip', 'forwarded']);

/**
 * Takes away what a client may not claim, before a route or policy looks. Spellings with `_` or `.` never get this far,
 * see packages/http1.
 */
export function removeClientClaims({ headers, isPeerTrusted }: Exchange): void {
  headers.removeBeginningWith(isPeerTrusted ? identity : identityAndOrigin);
}

/** Adds who was authenticated, for the upstream to rely on. */
export function addIdentity(exchange: Exchange): void {
  const { consumer, credential, headers } = exchange;
  if (consumer === undefined) return;
  headers.addOwn(ownFields.consumerId, consumer.id);
  headers.addOwn(ownFields.consumerUsername, consumer.username);
  if (consumer.customId !== undefined) headers.addOwn(ownFields.consumerCustomId, consumer.customId);
  if (consumer.groupsText !== '') headers.addOwn(ownFields.consumerGroups, consumer.groupsText);
  if (credential !== undefined) headers.addOwn(ownFields.credentialId, credential.id);
}
