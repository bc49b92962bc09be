import { every } from '@sluice/errors';
import type { Spec } from '@sluice/config';
import type { LongStream, StreamCaller, StreamEnd, StreamWatch } from '../exchange/long-stream.ts';

/** The configuration in service. */
interface CallersInService {
  readonly revision: number;
  of(kind: 'consumer'): { get(id: string): unknown };
  of(kind: 'credential'): {
    get(id: string): { readonly spec: Spec<'credential'> } | undefined;
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const everyMs = 500;
/** Streams that are looked at in one turn of the event loop. */
const perTurn = 2_000;

const expired: StreamEnd = Object.freeze({
  errorType: 'credential_expired',
  reason: 'the credential, token or session of the caller has expired',
});
const revoked: StreamEnd = Object.freeze({
  errorType: 'credential_revoked',
  reason: 'the credential, session or consumer of the caller was revoked',
});

/** What is known of a stream that is open for longer. */
interface Watched {
  /** When the credential expires, epoch milliseconds. */
  readonly expiresAtMs: number;
  /** The revision with which the caller was compared last; -1 before the first time. */
  revision: number;
}

/**
 * Ends streams whose caller may no longer use them: the credential, token or session has expired,
 * or was revoked. One timer for all streams looks at each of them twice a second; it runs only while
 * there are some. The number of streams is bounded by that of the connections.
 */
export class LongStreams implements StreamWatch {
  /** Those since the last check; most responses are complete before the next one. */
  readonly #fresh = new Set<LongStream>();
  readonly #open = new Map<LongStream, Watched>();
  readonly #runtime: () => CallersInService;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  /** @param now the clock of the node, epoch milliseconds */
  constructor(runtime: () => CallersInService, now: () => number = Date.now) {
    this.#runtime = runtime;
    this.#now = now;
  }

  /** The number of streams. */
  get size(): number {
    return this.#fresh.size + this.#open.size;
  }

  add(stream: LongStream): void {
    this.#fresh.add(stream);
    this.#timer ??= every('connection', everyMs, () => this.check()).unref();
  }

  delete(stream: LongStream): void {
    if (!this.#fresh.delete(stream)) this.#open.delete(stream);
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends the streams whose time is over. Looks at many streams in several turns. */
  async check(): Promise<void> {
    if (this.#isChecking) return;
    if (this.size === 0) return this.stop();
    this.#isChecking = true;
    try {
      for (const stream of this.#fresh) this.#open.set(stream, watched(stream));
      this.#fresh.clear();
      let count = 0;
      for (const [stream, facts] of this.#open) {
        const end = this.#endOf(stream.caller, facts);
        if (end !== undefined) {
          this.#open.delete(stream);
          stream.endStream(end);
        }
        if (++count % perTurn === 0) await nextTurn();
      }
    } finally {
      this.#isChecking = false;
    }
  }

  #endOf({ principal, consumer, credential }: StreamCaller, facts: Watched): StreamEnd | undefined {
    const nowMs = this.#now();
    if (nowMs >= facts.expiresAtMs) return expired;
    if (principal?.isLive !== undefined && !isLive(principal.isLive)) return revoked;
    const runtime = this.#runtime();
    if (runtime.revision === facts.revision) return undefined;
    facts.revision = runtime.revision;
    if (consumer !== undefined && runtime.of('consumer').get(consumer.id) === undefined)
      return revoked;
    if (credential === undefined) return undefined;
    const stored = runtime.of('credential').get(credential.id);
    if (stored === undefined || stored.spec.disabled === true) return revoked;
    const { expiresAt } = stored.spec;
    return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs ? expired : undefined;
  }
}

function watched({ caller: { principal, credential } }: LongStream): Watched {
  const expiresAtMs = principal?.expiresAtMs ?? credential?.expiresAtMs;
  return { expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY, revision: -1 };
}

/** A policy that cannot tell has failed: the stream ends, as a request would be refused. */
function isLive(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
