import type { HeaderList } from '@sluice/http1';
import type { Exchange } from './exchange.ts';

/**
 * Fields by which the gateway tells upstreams who calls. A client that sends one is claiming to be somebody: its copies
 * are removed before any policy looks. Spellings with `_` or `.` never get this far, see packages/http1.
 */
const identityFields: ReadonlySet<string> = new Set([
  'x-consumer-id',
  'x-consumer-username',
  'x-consumer-custom-id',
  'x-consumer-groups',
  'x-credential-id',
]);

/** Removes identity fields from a request's fields. */
export function removeClientIdentity(headers: HeaderList): void {
  headers.removeAll(identityFields);
}

/** Adds who was authenticated, for the upstream to rely on. */
export function addIdentity(exchange: Exchange): void {
  const { consumer, credential, headers } = exchange;
  if (consumer === undefined) return;
  headers.add('X-Consumer-Id', consumer.id);
  headers.add('X-Consumer-Username', consumer.username);
  if (consumer.customId !== undefined) headers.add('X-Consumer-Custom-Id', consumer.customId);
  if (consumer.groupsText !== '') headers.add('X-Consumer-Groups', consumer.groupsText);
  if (credential !== undefined) headers.add('X-Credential-Id', credential.id);
}
