import type { SkippedKey } from '../key-set.ts';

/** The HTTP client that keys are fetched with: `host.http` of a policy fits. */
export interface KeyClient {
  request(url: string, request: { headers: Record<string, string> }): Promise<KeyResponse>;
}

/** A complete response. */
export interface KeyResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly body: Uint8Array;
}

/** How an attempt to fetch keys ended. */
export interface FetchEvent {
  readonly outcome: 'fetched' | 'not_modified' | 'failed';
  /** Why it failed, or what is odd about the answer; undefined when all is well. */
  readonly detail: string | undefined;
  /** Keys of the set that are not used. */
  readonly skipped: readonly SkippedKey[];
  /** When keys were last fetched, or confirmed, milliseconds since the epoch. */
  readonly fetchedAtMs: number | undefined;
}

/** Who fetches keys: a policy with a client of its own, which counts and logs. */
export interface KeyFetcher {
  readonly client: KeyClient;
  /** Called after each attempt that this fetcher made. Does not throw. */
  readonly onFetch?: ((event: FetchEvent) => void) | undefined;
}
