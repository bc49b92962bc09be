import { promises, type AnyARecord } from 'node:dns';

/** A resolved address. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The result of a query for one absolute name. */
export type Answer =
  | {
      readonly kind: 'addresses';
      readonly addresses: readonly Address[];
      readonly ttlSeconds: number;
    }
  /** The name does not exist or has no address. */
  | { readonly kind: 'none' }
  /**
   * The resolver failed. `mayContinue` permits the next candidate of the search list, as in the C
   * library.
   */
  | { readonly kind: 'failed'; readonly reason: string; readonly mayContinue: boolean };

/** Queries the addresses of absolute names. */
export interface DnsQuestions {
  ask(name: string): Promise<Answer>;
}

const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);
const SERVER_FAILED: ReadonlySet<string> = new Set([
  'ESERVFAIL',
  'EREFUSED',
  'ENOTIMP',
  'EFORMERR',
  'EBADRESP',
]);

type FamilyAnswer = readonly Pick<AnyARecord, 'address' | 'ttl'>[] | { readonly code: string };

/**
 * Queries the servers in /etc/resolv.conf over UDP, and over TCP when a response was truncated.
 * Uses sockets of the event loop (c-ares), never the thread pool.
 */
export class SystemDns implements DnsQuestions {
  readonly #servers: readonly string[] | undefined;
  readonly #timeoutMs: number;
  #resolver: promises.Resolver;

  /** @param servers used instead of the system's servers, as `ip:port` */
  constructor(servers?: readonly string[], timeoutMs = 1_500) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
    this.#resolver = this.#create();
  }

  /** Reads the system's servers again. Queries in progress are not affected. */
  renew(): void {
    this.#resolver = this.#create();
  }

  async ask(name: string): Promise<Answer> {
    const resolver = this.#resolver;
    const [ipv4, ipv6] = await Promise.all([
      settled(resolver.resolve4(name, { ttl: true })),
      settled(resolver.resolve6(name, { ttl: true })),
    ]);
    const addresses: Address[] = [];
    let ttlSeconds = Number.POSITIVE_INFINITY;
    for (const [family, answer] of [
      [6, ipv6],
      [4, ipv4],
    ] as const) {
      if ('code' in answer) continue;
      for (const { address, ttl } of answer) {
        addresses.push({ address, family });
        ttlSeconds = Math.min(ttlSeconds, ttl);
      }
    }
    if (addresses.length > 0) return { kind: 'addresses', addresses, ttlSeconds };
    const codes = [ipv4, ipv6].map((answer) => ('code' in answer ? answer.code : 'ENODATA'));
    const failure = codes.find((code) => !NO_SUCH_NAME.has(code));
    if (failure === undefined) return { kind: 'none' };
    return { kind: 'failed', reason: failure, mayContinue: SERVER_FAILED.has(failure) };
  }

  #create(): promises.Resolver {
    const resolver = new promises.Resolver({
      timeout: this.#timeoutMs,
      tries: 2,
      maxTimeout: this.#timeoutMs,
    });
    if (this.#servers !== undefined) resolver.setServers(this.#servers);
    return resolver;
  }
}

function settled(question: Promise<FamilyAnswer>): Promise<FamilyAnswer> {
  return question.catch((error: NodeJS.ErrnoException) => ({ code: error.code ?? 'EUNKNOWN' }));
}
