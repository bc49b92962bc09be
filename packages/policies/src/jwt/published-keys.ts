import type { PolicyHost } from '@sluice/policy-sdk';
import {
  sharedKeys,
  type FetchEvent,
  type KeyClient,
  type KeyFetcher,
  type KeyLocation,
  type ParsedJwt,
  type SharedKeys,
} from '@sluice/tokens';
import type { IssuerConfig } from './schema.ts';
import type { MaybeKeys } from './token-authority.ts';

/** How often it is checked whether keys are still fresh, also when there are no requests. */
const checkMs = 30_000;

/** The metrics of fetched keys. */
export interface KeyMetrics {
  /** @param outcome `fetched`, `not_modified` or `failed` */
  onFetch(issuer: string, outcome: string, fetchedAtMs: number | undefined): void;
}

/** The keys that an issuer publishes. All policies of the process share them. */
export class PublishedKeys {
  readonly #shared: SharedKeys;
  readonly #fetcher: KeyFetcher;
  #lastRemark = '';

  /** Begins to fetch the keys, so that they are there before the first token. */
  constructor(
    { issuer, jwksUri, metadataUrl }: IssuerConfig,
    client: KeyClient,
    host: PolicyHost,
    { allowPrivateAddresses }: { readonly allowPrivateAddresses: boolean },
    metrics: KeyMetrics,
  ) {
    const location: KeyLocation =
      jwksUri === undefined ? { issuer: issuer as string, metadataUrl } : { jwksUri };
    const name = issuer ?? (jwksUri as string);
    this.#shared = sharedKeys(location, allowPrivateAddresses ? 'any' : 'public', host.clock);
    this.#fetcher = {
      client,
      onFetch: (event) => {
        metrics.onFetch(name, event.outcome, event.fetchedAtMs);
        this.#log(host, name, event);
      },
    };
    this.#shared.keys.refresh(this.#fetcher);
    host.timers.every(checkMs, () => this.#shared.keys.refresh(this.#fetcher));
  }

  get isFailing(): boolean {
    return this.#shared.keys.lastFault !== undefined;
  }

  keysFor(token: ParsedJwt): MaybeKeys | Promise<MaybeKeys> {
    return this.#shared.keys.keysFor(token, this.#fetcher);
  }

  refetched(): Promise<MaybeKeys> | undefined {
    return this.#shared.keys.refetched(this.#fetcher);
  }

  /** Whether the issuer still publishes the key, as far as is known. */
  has(keyId: string): boolean {
    return this.#shared.keys.current?.has(keyId) ?? false;
  }

  release(): void {
    this.#shared.release();
  }

  #log({ logger }: PolicyHost, issuer: string, { outcome, detail, skipped }: FetchEvent): void {
    if (outcome === 'failed') {
      logger.warn('cannot fetch the keys of an issuer', { issuer, reason: detail });
      return;
    }
    const unused = skipped.map(({ index, why }) => `key ${index + 1} ${why}`);
    const remark = [...(detail === undefined ? [] : [detail]), ...unused].join('; ');
    // The same remark after each fetch would only hide other lines.
    if (remark !== '' && remark !== this.#lastRemark)
      logger.warn('the keys of an issuer are not all usable', { issuer, reason: remark });
    if (outcome === 'fetched') this.#lastRemark = remark;
  }
}
