import { after, errorMessage, guarded } from '@sluice/errors';
import { isIP, type LookupFunction } from 'node:net';
import { SystemDns, type Address, type Answer, type DnsQuestions } from './dns-questions.ts';
import { candidates, parseHosts, parseSearchRules, WatchedFile } from './system-files.ts';

export interface NameResolverOptions {
  readonly dns?: DnsQuestions & { renew?(): void };
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** A monotonic clock, milliseconds. */
  readonly clock?: () => number;
  /** Timeout of one query, including all candidates and retries. */
  readonly questionMs?: number;
  /** How long a caller waits for a new answer before it uses the old one. */
  readonly refreshWaitMs?: number;
}

/** Counters since the start, for metrics. */
export interface ResolutionCounts {
  /** Queries that found addresses. */
  answered: number;
  /** Queries whose answer was that the name does not exist or has no address. */
  notFound: number;
  /** Queries that failed or timed out. */
  failed: number;
  /** Uses of an expired answer because no newer one was available. */
  stale: number;
}

/** The state of one name. */
interface Entry {
  readonly name: string;
  addresses: readonly Address[];
  /** When the answer expires. */
  freshUntilMs: number;
  fault: NameFault | undefined;
  /** The query in progress, if any. */
  question: Promise<void> | undefined;
}

/** Thrown for a name that could not be resolved. Uses the error codes of getaddrinfo. */
export class NameFault extends Error {
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN';

  constructor(code: NameFault['code'], name: string, reason: string) {
    super(`${code} ${name}: ${reason}`);
    this.code = code;
  }
}

/** Bounds of the TTL of an answer. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 300_000;
/** TTL of entries in /etc/hosts, which can change as well. */
const HOSTS_TTL_MS = 5_000;
/** TTL of the answer that a name does not exist. */
const NOT_FOUND_MS = 2_000;
/** Delay of the next query after a failure. */
const FAILED_MS = 2_000;
const MAX_NAMES = 10_000;

/**
 * Resolves the host names of targets: /etc/hosts first, then DNS with the search list of
 * /etc/resolv.conf.
 *
 * Node uses `dns.lookup` by default, which occupies one of four threads for the duration of a
 * query: a few unresponsive names then block all other names and all file access. A query of this
 * resolver occupies only memory.
 *
 * Invariants
 * - Each name has at most one query in progress, and each query has a timeout.
 * - An answer is used for its TTL, at least 1 s and at most 5 min. When the resolver fails, the
 *   last answer is still used.
 * - The answer that a name does not exist replaces an older answer.
 */
export class NameResolver {
  readonly counts: ResolutionCounts = { answered: 0, notFound: 0, failed: 0, stale: 0 };
  readonly #entries = new Map<string, Entry>();
  readonly #dns: DnsQuestions & { renew?(): void };
  readonly #hosts: WatchedFile<ReadonlyMap<string, readonly string[]>>;
  readonly #search: WatchedFile<ReturnType<typeof parseSearchRules>>;
  readonly #clock: () => number;
  readonly #questionMs: number;
  readonly #refreshWaitMs: number;
  #searchChanges = 0;

  constructor(options: NameResolverOptions = {}) {
    this.#dns = options.dns ?? new SystemDns();
    this.#hosts = new WatchedFile(options.hostsFile ?? '/etc/hosts', parseHosts);
    this.#search = new WatchedFile(options.resolvConf ?? '/etc/resolv.conf', parseSearchRules);
    this.#clock = options.clock ?? (() => performance.now());
    this.#questionMs = options.questionMs ?? 5_000;
    this.#refreshWaitMs = options.refreshWaitMs ?? 300;
  }

  /** A function for the `lookup` option of `net.connect`. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    const family =
      options.family === 4 || options.family === 'IPv4'
        ? 4
        : options.family === 6 || options.family === 'IPv6'
          ? 6
          : 0;
    this.addresses(name).then(
      guarded('names', (addresses: readonly Address[]) => {
        const wanted =
          family === 0 ? addresses : addresses.filter((each) => each.family === family);
        const [first] = wanted;
        if (first === undefined)
          callback(new NameFault('ENOTFOUND', name, `no IPv${family} address`), '');
        else if (options.all === true) callback(null, [...wanted]);
        else callback(null, first.address, first.family);
      }),
      guarded('names', (fault: NodeJS.ErrnoException) => callback(fault, '')),
    );
  };

  /**
   * Resolves all addresses of a name. An IP address resolves to itself.
   * @throws NameFault when the name has none, or when the resolver fails and there is no earlier
   *   answer
   */
  async addresses(name: string): Promise<readonly Address[]> {
    const family = isIP(name);
    if (family !== 0) return [{ address: name, family: family as 4 | 6 }];
    const entry = this.#entry(name.toLowerCase());
    if (this.#clock() >= entry.freshUntilMs) {
      entry.question ??= this.#question(entry);
      // With an earlier answer, a slow resolver does not delay the caller.
      if (entry.addresses.length > 0) await inTime(entry.question, this.#refreshWaitMs);
      else await entry.question;
      if (this.#clock() >= entry.freshUntilMs && entry.addresses.length > 0) this.counts.stale++;
    }
    if (entry.addresses.length > 0) return entry.addresses;
    throw entry.fault ?? new NameFault('EAI_AGAIN', name, 'no answer');
  }

  /** Milliseconds until the answer for a name expires; 0 when it has expired. */
  freshForMs(name: string): number {
    return Math.max((this.#entries.get(name.toLowerCase())?.freshUntilMs ?? 0) - this.#clock(), 0);
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_NAMES) this.#forgetOldest();
      entry = { name, addresses: [], freshUntilMs: 0, fault: undefined, question: undefined };
      this.#entries.set(name, entry);
    }
    return entry;
  }

  #forgetOldest(): void {
    for (const [name, { question }] of this.#entries) {
      if (question !== undefined) continue;
      this.#entries.delete(name);
      return;
    }
  }

  async #question(entry: Entry): Promise<void> {
    try {
      const answer = this.#fromFiles(entry.name) ?? (await this.#fromDns(entry.name));
      this.#take(entry, answer);
    } catch (fault) {
      this.#take(entry, { kind: 'failed', reason: errorMessage(fault), mayContinue: false });
    } finally {
      entry.question = undefined;
    }
  }

  #fromFiles(name: string): Answer | undefined {
    const plain = name.endsWith('.') ? name.slice(0, -1) : name;
    const listed = this.#hosts.content.get(plain);
    // RFC 6761 section 6.3: these names are never sent to a DNS server.
    const isLoopback = plain === 'localhost' || plain.endsWith('.localhost');
    const texts = listed ?? (isLoopback ? ['127.0.0.1', '::1'] : undefined);
    if (texts === undefined) return undefined;
    return {
      kind: 'addresses',
      addresses: texts.map((address) => ({ address, family: isIP(address) as 4 | 6 })),
      ttlSeconds: HOSTS_TTL_MS / 1_000,
    };
  }

  async #fromDns(name: string): Promise<Answer> {
    const rules = this.#search.content;
    if (this.#search.changes !== this.#searchChanges) {
      this.#searchChanges = this.#search.changes;
      this.#dns.renew?.();
    }
    const deadlineMs = this.#clock() + this.#questionMs;
    let worst: Answer = { kind: 'none' };
    for (const candidate of candidates(name, rules)) {
      const leftMs = deadlineMs - this.#clock();
      const answer = leftMs <= 0 ? noAnswer : await answerInTime(this.#dns.ask(candidate), leftMs);
      if (answer.kind === 'addresses') return answer;
      if (answer.kind === 'none') continue;
      worst = answer;
      if (!answer.mayContinue) break;
    }
    return worst;
  }

  #take(entry: Entry, answer: Answer): void {
    const nowMs = this.#clock();
    switch (answer.kind) {
      case 'addresses':
        this.counts.answered++;
        entry.addresses = answer.addresses;
        entry.fault = undefined;
        entry.freshUntilMs =
          nowMs + Math.min(Math.max(answer.ttlSeconds * 1_000, MIN_TTL_MS), MAX_TTL_MS);
        return;
      case 'none':
        this.counts.notFound++;
        entry.addresses = [];
        entry.fault = new NameFault('ENOTFOUND', entry.name, 'the name has no address');
        entry.freshUntilMs = nowMs + NOT_FOUND_MS;
        return;
      case 'failed':
        this.counts.failed++;
        if (entry.addresses.length > 0) this.counts.stale++;
        entry.fault = new NameFault(
          'EAI_AGAIN',
          entry.name,
          `the name could not be resolved (${answer.reason})`,
        );
        entry.freshUntilMs = nowMs + FAILED_MS;
    }
  }
}

const noAnswer: Answer = { kind: 'failed', reason: 'no answer in time', mayContinue: false };

/** Resolves with the result of the work, or with the fallback after the timeout. */
async function inTime(work: Promise<void>, waitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = after('names', waitMs, resolve);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

async function answerInTime(work: Promise<Answer>, waitMs: number): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const timer = after('names', waitMs, () => resolve(noAnswer));
  // A later result is ignored.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
