import type { Exchange, FieldName, HeaderPair } from '@sluice/policy-sdk';

/** The fields of a call: those that the client sent, those about the caller, and all of them. */
export interface CallFields {
  readonly sent: readonly HeaderPair[];
  readonly caller: readonly HeaderPair[];
  readonly all: readonly HeaderPair[];
}

/**
 * The fields that describe a request to the service. Method, host and path are those that the
 * gateway routes by, so that the service decides about the request that the upstream gets.
 * @param names of the fields of the client to pass on, each value as a field line of its own
 */
export function callFieldsOf(exchange: Exchange, names: readonly FieldName[]): CallFields {
  const { headers, method, scheme, host, path, hasQuery, query, consumer, credential } = exchange;
  const sent: HeaderPair[] = [];
  for (const name of names) {
    if (!headers.has(name)) continue;
    const values = headers.getAll(name);
    // HTTP/2 clients may split cookies; HTTP/1.1 has one field of them (RFC 9113, section 8.2.3).
    for (const value of name.lower === 'cookie' ? [values.join('; ')] : values)
      sent.push([name.lower, value]);
  }
  const caller: HeaderPair[] = [];
  if (consumer !== undefined) {
    caller.push(['X-Consumer-Id', consumer.id], ['X-Consumer-Username', consumer.username]);
    if (consumer.customId !== undefined) caller.push(['X-Consumer-Custom-Id', consumer.customId]);
    if (consumer.groups.length > 0) caller.push(['X-Consumer-Groups', consumer.groups.join(', ')]);
  }
  if (credential !== undefined) caller.push(['X-Credential-Id', credential.id]);
  const all: readonly HeaderPair[] = [
    ...sent,
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Proto', scheme],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Uri', hasQuery ? `${path}?${query}` : path],
    ['X-Forwarded-For', exchange.clientAddress],
    ['X-Request-Id', exchange.requestId],
    ...caller,
  ];
  return { sent, caller, all };
}
