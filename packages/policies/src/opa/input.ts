import type { Exchange, FieldName } from '@sluice/policy-sdk';
import { parseStrictObject } from '@sluice/tokens';

/** Which properties of a request the input contains, besides those that it always has. */
export interface InputOptions {
  readonly headers: readonly FieldName[];
  /** Names of query parameters; undefined for all of them. */
  readonly query: ReadonlySet<string> | undefined;
  readonly hasClaims: boolean;
}

/** The input of a decision without the content of the request, as JSON. */
export interface InputText {
  /** The member `request`, without its closing brace. */
  readonly request: string;
  /** The other members, each after a comma, and the closing brace. */
  readonly others: string;
}

/**
 * Describes a request for the server. Method, host and path are those that the gateway routes by, so
 * that the server decides about the request that the upstream gets. Members without a value are left
 * out: they are undefined in the rules.
 */
export function inputOf(exchange: Exchange, options: InputOptions): InputText {
  const { method, scheme, host, path, gateway, route, service, params } = exchange;
  const request = JSON.stringify({
    method,
    scheme,
    host,
    path,
    segments: path.split('/').slice(1),
    params,
    query: queryOf(exchange, options.query),
    headers: headersOf(exchange, options.headers),
  });
  const caller = callerOf(exchange, options.hasClaims);
  const others = { caller, gateway: gateway.name, service: service?.name, route: route.name };
  return { request: request.slice(0, -1), others: `,${JSON.stringify(others).slice(1)}` };
}

/**
 * Completes the input of a decision: `{"input": …}`.
 * @param content of the request as JSON; see {@link contentAsJson}
 */
export function inputText({ request, others }: InputText, content: string | undefined): string {
  const body = content === undefined ? '' : `,"body":${content}`;
  return `{"input":{"request":${request}${body}}${others}}`;
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

/** What the fields of a request say about its content. */
export interface ContentForm {
  readonly types: readonly string[];
  readonly isEncoded: boolean;
}

export function contentFormOf({ headers }: Exchange): ContentForm {
  return { types: headers.getAll('content-type'), isEncoded: headers.has('content-encoding') };
}

const maxDepth = 64;
const jsonType = /^(?:application\/|text\/)(?:[\w.!#$&^-]+\+)?json$/;

/**
 * The content of a request as a member of the input: JSON as its value, other text as it is,
 * everything else in base64. JSON stays as the client wrote it, byte for byte, because numbers lose
 * digits when they are read.
 * @returns undefined when the upstream might read something else in the content than the rules do:
 *   JSON that is none, or has a member twice, more than one Content-Type, or a Content-Encoding
 */
export function contentAsJson(
  bytes: Uint8Array,
  { types: [type = '', ...others], isEncoded }: ContentForm,
): string | undefined {
  const text = textOf(bytes);
  const mediaType = type.split(';')[0]?.trim().toLowerCase() ?? '';
  if (bytes.length > 0 && (others.length > 0 || jsonType.test(mediaType))) {
    const isClear = text !== undefined && others.length === 0 && !isEncoded;
    return isClear && isStrictJson(text) ? `{"kind":"json","value":${text}}` : undefined;
  }
  return JSON.stringify(
    text === undefined
      ? { kind: 'base64', value: Buffer.from(bytes).toString('base64') }
      : { kind: 'text', value: text },
  );
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  // Only objects can be parsed strictly, and the text is one value.
  return parseStrictObject(Buffer.from(`{"value":${text}}`), maxDepth + 1) !== undefined;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
