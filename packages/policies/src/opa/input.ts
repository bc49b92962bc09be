import type { Exchange, FieldName } from '@sluice/policy-sdk';

/** Which properties of a request the input contains, besides those that it always has. */
export interface InputOptions {
  readonly headers: readonly FieldName[];
  /** Names of query parameters; undefined for all of them. */
  readonly query: ReadonlySet<string> | undefined;
  readonly hasClaims: boolean;
}

/** The content of a request as a member of the input. */
export type InputBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text' | 'base64'; readonly value: string };

/**
 * The input of a decision. Method, host and path are those that the gateway routes by, so that the
 * server decides about the request that the upstream gets. Members without a value are left out:
 * they are undefined in the rules.
 */
export function inputOf(
  exchange: Exchange,
  options: InputOptions,
  body: InputBody | undefined,
): object {
  const { method, scheme, host, path, gateway, route, service, params } = exchange;
  return {
    request: {
      method,
      scheme,
      host,
      path,
      segments: path.split('/').slice(1),
      params,
      query: queryOf(exchange, options.query),
      headers: headersOf(exchange, options.headers),
      body,
    },
    caller: callerOf(exchange, options.hasClaims),
    gateway: gateway.name,
    service: service?.name,
    route: route.name,
  };
}

function callerOf(exchange: Exchange, hasClaims: boolean): object {
  const { clientAddress, consumer, credential, subject, claims, peerCertificate } = exchange;
  return {
    address: clientAddress,
    consumer: consumer && {
      id: consumer.id,
      username: consumer.username,
      customId: consumer.customId,
      groups: consumer.groups,
    },
    credential: credential && {
      id: credential.id,
      name: credential.name,
      type: credential.type,
    },
    subject,
    claims: hasClaims ? claims : undefined,
    certificate: peerCertificate && {
      subject: peerCertificate.subject,
      issuer: peerCertificate.issuer,
      sans: peerCertificate.sans,
      fingerprint256: peerCertificate.fingerprint256,
    },
  };
}

/** Parameters by name, each with all its values, decoded as forms are (WHATWG URL, section 5.1). */
function queryOf(
  { query }: Exchange,
  names: ReadonlySet<string> | undefined,
): Record<string, string[]> {
  const found = Object.create(null) as Record<string, string[]>;
  if (query === '' || names?.size === 0) return found;
  for (const [name, value] of new URLSearchParams(query))
    if (names === undefined || names.has(name)) (found[name] ??= []).push(value);
  return found;
}

function headersOf({ headers }: Exchange, names: readonly FieldName[]): Record<string, string[]> {
  const found = Object.create(null) as Record<string, string[]>;
  for (const name of names) if (headers.has(name)) found[name.lower] = headers.getAll(name);
  return found;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The content for the input: JSON as its value, other text as it is, everything else in base64.
 * Returns undefined for content that says that it is JSON and is not, because the upstream might
 * read something else in it than the rules do.
 */
export function inputBodyOf(bytes: Uint8Array, { headers }: Exchange): InputBody | undefined {
  const text = textOf(bytes);
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (bytes.length > 0 && (type === 'application/json' || type.endsWith('+json'))) {
    if (text === undefined || headers.has('content-encoding')) return undefined;
    try {
      return { kind: 'json', value: JSON.parse(text) as unknown };
    } catch {
      return undefined;
    }
  }
  return text === undefined
    ? { kind: 'base64', value: Buffer.from(bytes).toString('base64') }
    : { kind: 'text', value: text };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
