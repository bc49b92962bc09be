import type { Exchange } from './exchange.ts';

/** Fields by which the gateway tells upstreams who calls. A client that sends one is claiming to be somebody. */
const identity = ['x-consumer-', 'x-credential-'] as const;
/** The same, and those by which proxies tell where a request came from: only a trusted proxy may say that. */
const identityAndOrigin = [...identity, 'x-forwarded-', 'x-real-ip', 'forwarded'] as const;

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
  headers.addOwn('X-Consumer-Id', consumer.id);
  headers.addOwn('X-Consumer-Username', consumer.username);
  if (consumer.customId !== undefined) headers.addOwn('X-Consumer-Custom-Id', consumer.customId);
  if (consumer.groupsText !== '') headers.addOwn('X-Consumer-Groups', consumer.groupsText);
  if (credential !== undefined) headers.addOwn('X-Credential-Id', credential.id);
}
