import { hash } from 'node:crypto';
import { HttpFault, type HeaderPair, type HttpClient, type PolicyHost } from '@sluice/policy-sdk';
import { claimAt, type JsonObject } from '@sluice/tokens';
import { activeToken } from './answer.ts';
import type { ClientProof } from './client-authentication.ts';
import { RecentKeys } from './recent-keys.ts';

/** What an introspector needs of the configuration. */
export interface IntrospectorSettings {
  readonly endpoint: string;
  readonly headers: readonly HeaderPair[];
  readonly cacheMs: number;
  readonly negativeCacheMs: number;
  readonly proof: (nowMs: number) => ClientProof;
}

/** What is known about a token without asking; undefined when nothing is. */
export type Known = JsonObject | 'inactive' | undefined;

/** Tokens that are not active, or that were active before, of which so many are remembered. */
const maxKeys = 10_000;
/** How long a token that was active is asked about even while its network fails too often. */
const familiarMs = 86_400_000;
/** Streams without a cache ask again after this time. */
const shortestRecheckMs = 10_000;

/**
 * Asks an authorization server about tokens and remembers the answers: those about active tokens in
 * the cache of the policy, the others in one of their own, so that a flood of unknown tokens removes
 * no answer that is used. Keys are hashes of whole tokens. Parallel questions about one token share
 * a call.
 */
export class Introspector {
  readonly #http: HttpClient;
  readonly #host: Pick<PolicyHost, 'cache' | 'clock'>;
  readonly #settings: IntrospectorSettings;
  readonly #inactive = new RecentKeys(maxKeys);
  readonly #familiar = new RecentKeys(maxKeys);

  constructor(
    http: HttpClient,
    host: Pick<PolicyHost, 'cache' | 'clock'>,
    settings: IntrospectorSettings,
  ) {
    this.#http = http;
    this.#host = host;
    this.#settings = settings;
  }

  static keyOf(token: string): string {
    return hash('sha256', token, 'base64url');
  }

  /** Returns what an earlier answer that is still used said. */
  known(key: string): Known {
    const stored = this.#host.cache.get(key);
    if (stored !== undefined) return JSON.parse(stored as string) as JsonObject;
    return this.#inactive.has(key, this.#host.clock.now()) ? 'inactive' : undefined;
  }

  /** Whether the token was active when it was asked about, at some time in the last day. */
  isFamiliar(key: string): boolean {
    return this.#familiar.has(key, this.#host.clock.now());
  }

  /**
   * Asks the server, unless the answer is known.
   * @returns the claims of an active token; undefined when it is not active
   * @throws when the server does not say
   */
  async ask(token: string, key: string): Promise<JsonObject | undefined> {
    const { cache } = this.#host;
    const stored = (await cache.getOrLoad(key, async () => {
      const claims = await this.#call(token);
      const nowMs = this.#host.clock.now();
      if (claims === undefined) {
        this.#familiar.delete(key);
        this.#inactive.add(key, nowMs + this.#settings.negativeCacheMs);
        return { value: '', ttlMs: 0 };
      }
      this.#familiar.add(key, nowMs + familiarMs);
      return { value: JSON.stringify(claims), ttlMs: this.#timeToLive(claims, nowMs) };
    })) as string;
    return stored === '' ? undefined : (JSON.parse(stored) as JsonObject);
  }

  /**
   * Creates the check of an open stream: whether its token was not revoked. It asks the server again
   * in the background, as often as other requests would. While the server does not answer, the stream
   * goes on until the token ends; once the policy is gone, and nothing can be asked any more, the
   * stream ends.
   */
  liveCheck(token: string, key: string): () => boolean {
    const { clock } = this.#host;
    const periodMs = Math.max(this.#settings.cacheMs, shortestRecheckMs);
    let isActive = true;
    let nextMs = clock.now() + periodMs;
    return () => {
      const nowMs = clock.now();
      if (isActive && nowMs >= nextMs) {
        nextMs = nowMs + periodMs;
        this.ask(token, key).then(
          (claims) => (isActive = claims !== undefined),
          (fault: unknown) => (isActive = !isClosed(fault)),
        );
      }
      return isActive;
    };
  }

  async #call(token: string): Promise<JsonObject | undefined> {
    const { endpoint, headers, proof } = this.#settings;
    const client = proof(this.#host.clock.now());
    const form = new URLSearchParams([
      ['token', token],
      ['token_type_hint', 'access_token'],
    ]);
    for (const [name, value] of client.form) form.append(name, value);
    const response = await this.#http.request(endpoint, {
      method: 'POST',
      headers: [...headers, ...client.headers],
      body: form.toString(),
    });
    return activeToken(response);
  }

  /** No longer than the token lives, its leeway not included. */
  #timeToLive(claims: JsonObject, nowMs: number): number {
    const exp = claimAt(claims, ['exp']);
    const { cacheMs } = this.#settings;
    return typeof exp === 'number' ? Math.min(cacheMs, exp * 1_000 - nowMs) : cacheMs;
  }
}

function isClosed(fault: unknown): boolean {
  return fault instanceof HttpFault && fault.reason === 'closed';
}
