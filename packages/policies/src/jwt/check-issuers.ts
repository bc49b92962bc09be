import type { z } from 'zod';
import { privateAddressFault } from '../http-calls/schema.ts';
import { secretLength, type StaticKeyConfig } from './static-key.ts';

/** The properties of an issuer that have to agree with each other. */
interface IssuerInput {
  readonly issuer?: string | undefined;
  readonly keys?: readonly StaticKeyConfig[] | undefined;
  readonly jwksUri?: string | undefined;
  readonly metadataUrl?: string | undefined;
  readonly algorithms: readonly string[];
}

type Context = z.core.$RefinementCtx;

/** Checks one issuer: where its keys come from, and whether they fit its algorithms. */
export function checkIssuer(input: IssuerInput, context: Context): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const { issuer, keys, jwksUri, metadataUrl } = input;
  const given = [keys, jwksUri, metadataUrl].filter((each) => each !== undefined).length;
  if (given > 1) fault([], 'give only one of "keys", "jwksUri" and "metadataUrl"');
  if (keys === undefined && jwksUri === undefined) checkDiscovery(issuer, metadataUrl, fault);
  checkAlgorithms(input, fault);
}

type Fault = (path: (string | number)[], message: string) => void;

function checkDiscovery(
  issuer: string | undefined,
  metadataUrl: string | undefined,
  fault: Fault,
): void {
  if (issuer === undefined)
    return fault(['issuer'], 'is required, unless "keys" or "jwksUri" is given');
  if (metadataUrl !== undefined) return;
  const url = URL.parse(issuer);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === '';
  if (!isPlain)
    fault(['issuer'], 'is no URL at which metadata can be found: give "keys" or "jwksUri"');
}

/** Shortest secret of each HMAC algorithm, bytes (RFC 7518, section 3.2). */
const shortest: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

function checkAlgorithms({ keys = [], algorithms }: IssuerInput, fault: Fault): void {
  const hmac = algorithms.filter((name) => name.startsWith('HS'));
  const hasSecret = keys.some(({ secret }) => secret !== undefined);
  if (hmac.length > 0 && !hasSecret)
    fault(['algorithms'], `${hmac[0]} needs a secret in "keys": published keys verify no HMAC`);
  for (const [index, key] of keys.entries()) {
    if (key.algorithm !== undefined && !algorithms.includes(key.algorithm))
      fault(['keys', index, 'algorithm'], 'is not one of "algorithms"');
    if (key.secret === undefined) continue;
    const wanted = key.algorithm === undefined ? hmac : [key.algorithm];
    const needed = Math.min(...wanted.map((name) => shortest[name] ?? Infinity));
    if (wanted.length === 0)
      fault(['keys', index, 'secret'], 'is used by HS256, HS384 and HS512 only: list one of them');
    else if (secretLength(key) < needed)
      fault(['keys', index, 'secret'], `has ${secretLength(key)} bytes, and needs ${needed}`);
  }
}

interface PolicyInput {
  readonly issuers: readonly IssuerInput[];
  readonly consumerKeys?: unknown;
  readonly allowPrivateAddresses: boolean;
}

/** Checks that a token leads to one issuer, and that keys are fetched from where they may be. */
export function checkIssuers(config: PolicyInput, context: Context): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const { issuers, consumerKeys } = config;
  if (issuers.length === 0 && consumerKeys === undefined)
    fault(['issuers'], 'name an issuer, or set "consumerKeys" to accept tokens of consumers');
  const seen = new Set<string>();
  for (const [index, { issuer, jwksUri, metadataUrl, keys }] of issuers.entries()) {
    if (issuer === undefined && (issuers.length > 1 || consumerKeys !== undefined))
      fault(['issuers', index, 'issuer'], 'is required, because it chooses among several keys');
    if (issuer !== undefined && seen.has(issuer))
      fault(['issuers', index, 'issuer'], 'is listed twice: give all its keys once');
    if (issuer !== undefined) seen.add(issuer);
    if (keys !== undefined) continue;
    const name = ['jwksUri', 'metadataUrl'].find((each) =>
      each === 'jwksUri' ? jwksUri : metadataUrl,
    );
    const why = fetchFault(jwksUri ?? metadataUrl ?? issuer ?? '', config.allowPrivateAddresses);
    if (why !== undefined) fault(['issuers', index, name ?? 'issuer'], why);
  }
}

function fetchFault(url: string, allowPrivateAddresses: boolean): string | undefined {
  if (URL.parse(url)?.protocol === 'http:' && !allowPrivateAddresses)
    return 'keys are fetched with https: only, or with "allowPrivateAddresses" in the same network';
  return privateAddressFault(url, allowPrivateAddresses);
}
