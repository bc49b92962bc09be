import { KeySet } from '../key-set.ts';
import { parseStrictObject, type JsonObject } from '../strict-json.ts';
import { claimAt } from '../claim-at.ts';
import type { KeyClient, KeyResponse } from './key-fetcher.ts';

/** Where an issuer publishes its keys: at a known URL, or at the one that its metadata names. */
export type KeyLocation =
  | { readonly jwksUri: string }
  /** @property metadataUrl instead of the well-known locations that follow from the issuer */
  | { readonly issuer: string; readonly metadataUrl?: string | undefined };

/** Identifies a location. */
export function keyOfLocation(location: KeyLocation): string {
  return 'jwksUri' in location
    ? `jwks ${location.jwksUri}`
    : `issuer ${location.issuer} ${location.metadataUrl ?? ''}`;
}

/** Keys that were fetched; `keys` is undefined when the issuer says that they have not changed. */
export interface FetchedKeys {
  readonly keys: KeySet | undefined;
  /** How long the issuer says that they are fresh, milliseconds; undefined when it does not. */
  readonly maxAgeMs: number | undefined;
  /** A remark about the metadata. */
  readonly warning: string | undefined;
}

const metadataTtlMs = 3_600_000;
const maxDepth = 16;

/** Fetches the keys of one issuer: finds the URL when it has to, and asks only for changes. */
export class KeySource {
  readonly #location: KeyLocation;
  #jwksUri: string | undefined;
  #foundAtMs = 0;
  #etag: string | undefined;
  #warning: string | undefined;

  constructor(location: KeyLocation) {
    this.#location = location;
    if ('jwksUri' in location) this.#jwksUri = location.jwksUri;
  }

  /**
   * Fetches the key set.
   * @param hasKeys whether the answer 304 is of use
   * @throws an Error that says what is wrong with the answer, or the fault of the client
   */
  async fetch(client: KeyClient, nowMs: number, hasKeys: boolean): Promise<FetchedKeys> {
    const url = await this.#find(client, nowMs);
    const headers: Record<string, string> = {
      Accept: 'application/jwk-set+json, application/json',
    };
    const etag = hasKeys ? this.#etag : undefined;
    if (etag !== undefined) headers['If-None-Match'] = etag;
    try {
      const response = await client.request(url, { headers });
      const maxAgeMs = maxAgeOf(response.headers.get('cache-control'));
      if (response.status === 304 && etag !== undefined)
        return { keys: undefined, maxAgeMs, warning: this.#warning };
      const keys = KeySet.of(objectOf(response, 'the key set'));
      this.#etag = response.headers.get('etag');
      return { keys, maxAgeMs, warning: this.#warning };
    } catch (fault) {
      // The issuer may have moved its keys.
      this.#foundAtMs = 0;
      throw fault;
    }
  }

  /** Returns the URL of the key set, from the metadata of the issuer when that is due. */
  async #find(client: KeyClient, nowMs: number): Promise<string> {
    const location = this.#location;
    if ('jwksUri' in location) return location.jwksUri;
    const isFresh = Math.abs(nowMs - this.#foundAtMs) < metadataTtlMs;
    if (this.#jwksUri !== undefined && isFresh) return this.#jwksUri;
    try {
      const { url, metadata } = await discover(client, location);
      const found = jwksUriOf(metadata, url);
      if (found !== this.#jwksUri) this.#etag = undefined;
      this.#jwksUri = found;
      this.#foundAtMs = nowMs;
      this.#warning = issuerWarning(location.issuer, metadata);
      return found;
    } catch (fault) {
      // Metadata that is down for a while does no harm while the keys can be fetched.
      if (this.#jwksUri !== undefined) return this.#jwksUri;
      throw fault;
    }
  }
}

/**
 * The URLs of an issuer's metadata, the most common first: OpenID Connect Discovery appends the
 * well-known path, RFC 8414 (section 3) inserts it before the path of the issuer.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const base = issuer.replace(/\/$/, '');
  const { origin, pathname } = new URL(base);
  const path = pathname === '/' ? '' : pathname;
  return [
    `${base}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

interface Discovered {
  readonly url: string;
  readonly metadata: JsonObject;
}

async function discover(
  client: KeyClient,
  { issuer, metadataUrl }: Exclude<KeyLocation, { jwksUri: string }>,
): Promise<Discovered> {
  const urls = metadataUrl === undefined ? metadataUrls(issuer) : [metadataUrl];
  let response: KeyResponse | undefined;
  for (const url of urls) {
    response = await client.request(url, { headers: { Accept: 'application/json' } });
    if (response.status !== 404 && response.status !== 405)
      return { url, metadata: objectOf(response, 'the metadata') };
  }
  throw new Error(`there is no metadata of the issuer at ${urls.join(' and ')}`);
}

function jwksUriOf(metadata: JsonObject, metadataUrl: string): string {
  const uri = claimAt(metadata, ['jwks_uri']);
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new Error('the metadata of the issuer names no URL in "jwks_uri"');
  if (url.protocol === 'http:' && new URL(metadataUrl).protocol === 'https:')
    throw new Error('the metadata of the issuer names a "jwks_uri" without TLS');
  return url.href;
}

/** Tokens are compared with the configured issuer, so a difference is worth a warning only. */
function issuerWarning(configured: string, metadata: JsonObject): string | undefined {
  const stated = claimAt(metadata, ['issuer']);
  if (stated === configured) return undefined;
  return `the metadata names the issuer ${JSON.stringify(stated)}, the configuration ${JSON.stringify(configured)}: tokens have to name the latter, byte by byte`;
}

function objectOf({ status, body }: KeyResponse, what: string): JsonObject {
  if (status !== 200) throw new Error(`the issuer answered with the status ${status}`);
  const object = parseStrictObject(body, maxDepth);
  if (object === undefined) throw new Error(`the answer of the issuer is not ${what}, as JSON`);
  return object;
}

function maxAgeOf(cacheControl: string | undefined): number | undefined {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
