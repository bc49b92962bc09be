import type { PolicyHost } from '@sluice/policy-sdk';
import { claimAt, type ParsedJwt } from '@sluice/tokens';
import type { z } from 'zod';
import { Issuer } from './issuer.ts';
import { PublishedKeys, type KeyMetrics } from './published-keys.ts';
import type { jwtSchema } from './schema.ts';

type JwtConfig = z.output<(typeof jwtSchema)['config']>;

/** Fetching metadata at two places and then keys must end before the time of the policy is over. */
const callTimeoutMs = 3_000;
const maxKeySetBytes = 262_144;

/** The issuers of the configuration. */
export class Issuers {
  /** Names of all fields for the upstream. */
  readonly fieldNames: readonly string[];
  readonly #byName = new Map<string, Issuer>();
  /** The only issuer, when its tokens need not name it. */
  readonly #unnamed: Issuer | undefined;
  readonly #published: PublishedKeys[] = [];

  constructor(config: JwtConfig, host: PolicyHost) {
    const { issuers, allowPrivateAddresses } = config;
    const isFetched = issuers.some(({ keys }) => keys === undefined);
    const metrics = isFetched ? keyMetrics(host) : undefined;
    const client = isFetched
      ? host.http({ allowPrivateAddresses, timeoutMs: callTimeoutMs, maxBytes: maxKeySetBytes })
      : undefined;
    for (const each of issuers) {
      let published: PublishedKeys | undefined;
      if (each.keys === undefined && client !== undefined && metrics !== undefined) {
        published = new PublishedKeys(each, client, host, config, metrics);
        this.#published.push(published);
      }
      const issuer = new Issuer(each, host, published);
      if (each.issuer === undefined) this.#unnamed = issuer;
      else this.#byName.set(each.issuer, issuer);
      if (!each.requireExpiry)
        host.logger.warn('accepts tokens that never expire', { issuer: each.issuer });
    }
    const names = issuers.flatMap(({ upstreamHeaders }) => Object.keys(upstreamHeaders));
    this.fieldNames = [...new Set(names)];
  }

  /** Returns the issuer of a token by its `iss`; undefined when it is none of these. */
  of({ claims }: ParsedJwt): Issuer | undefined {
    if (this.#unnamed !== undefined) return this.#unnamed;
    const name = claimAt(claims, ['iss']);
    return typeof name === 'string' ? this.#byName.get(name) : undefined;
  }

  close(): void {
    for (const keys of this.#published) keys.release();
  }
}

function keyMetrics({ metrics }: PolicyHost): KeyMetrics {
  const fetches = metrics.counter('key_fetches_total', 'Attempts to fetch keys of issuers.', [
    'issuer',
    'outcome',
  ]);
  const age = metrics.gauge(
    'keys_fetched_timestamp_seconds',
    'When the keys of an issuer were last fetched or confirmed, seconds since the epoch.',
    ['issuer'],
  );
  return {
    onFetch(issuer, outcome, fetchedAtMs) {
      fetches.add(1, issuer, outcome);
      if (fetchedAtMs !== undefined) age.set(fetchedAtMs / 1_000, issuer);
    },
  };
}
