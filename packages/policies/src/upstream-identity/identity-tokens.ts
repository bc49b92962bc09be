import type { Clock, Exchange, HostKeys } from '@sluice/policy-sdk';
import { signJwt } from '@sluice/tokens';
import { allGroups } from './caller-facts.ts';

/** What the tokens of one attachment have in common. */
export interface TokenOptions {
  readonly issuer: string;
  /** The service's name is the default. */
  readonly audience: string | undefined;
  readonly seconds: number;
  /** Names of the claims to copy. */
  readonly claims: readonly string[];
}

interface Signed {
  readonly token: string;
  readonly kid: string;
  readonly reuseUntilMs: number;
}

/** The most tokens that are kept. Each is about a kilobyte. */
const maxKept = 5_000;

/**
 * Signs what the gateway knows about callers, as JWTs (RFC 7519). A token is used again for the same
 * caller and service during half of its life, and not after its key was replaced.
 */
export class IdentityTokens {
  readonly #options: TokenOptions;
  readonly #keys: HostKeys;
  readonly #clock: Clock;
  /** By the claims without times, the oldest first. */
  readonly #kept = new Map<string, Signed>();

  constructor(options: TokenOptions, keys: HostKeys, clock: Clock) {
    this.#options = options;
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * The token of the caller; undefined for a caller that nothing is known about.
   * @throws Error when this node has no key yet
   */
  of(exchange: Exchange): string | undefined {
    const claims = this.#claimsOf(exchange);
    if (claims === undefined) return undefined;
    const key = this.#keys.current('identity');
    if (key === undefined) throw new Error('this gateway has no key for identity on this node');
    const caller = JSON.stringify(claims);
    const nowMs = this.#clock.now();
    const known = this.#kept.get(caller);
    if (known?.kid === key.kid && nowMs < known.reuseUntilMs) return known.token;
    const { seconds } = this.#options;
    const iat = Math.floor(nowMs / 1_000);
    const token = signJwt({ ...claims, iat, exp: iat + seconds }, key.key, {
      alg: 'ES256',
      kid: key.kid,
    });
    // The new one goes to the end of the order.
    this.#kept.delete(caller);
    if (this.#kept.size >= maxKept) this.#kept.delete(this.#kept.keys().next().value as string);
    this.#kept.set(caller, { token, kid: key.kid, reuseUntilMs: (iat + seconds / 2) * 1_000 });
    return token;
  }

  #claimsOf(exchange: Exchange): Record<string, unknown> | undefined {
    const { consumer, credential, subject, claims, service } = exchange;
    if (consumer === undefined && subject === undefined && claims === undefined) return undefined;
    const { issuer, audience = service?.name, claims: copied } = this.#options;
    const kept = copied.filter((name) => claims !== undefined && Object.hasOwn(claims, name));
    return {
      iss: issuer,
      sub: subject ?? consumer?.id,
      aud: audience,
      consumer: consumer && {
        id: consumer.id,
        username: consumer.username,
        customId: consumer.customId,
      },
      groups: allGroups(exchange),
      credential: credential?.id,
      claims:
        kept.length === 0
          ? undefined
          : Object.fromEntries(kept.map((name) => [name, claims?.[name]])),
    };
  }
}
