import { hash } from 'node:crypto';
import type { FoundCredential } from '@sluice/policy-sdk';
import type { NotedCredential } from '../exchange/credential-use.ts';
import { HotCache } from '../runtime/compact/hot-cache.ts';

/** That a credential was used. */
export interface CredentialUse {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly usedAtMs: number;
}

/** A hash with today's cost for a password whose stored hash is of another system. */
export interface PasswordRehash {
  readonly id: string;
  /** SHA-256 of the stored hash with which the password was verified. */
  readonly replaced: Uint8Array;
  /** A PHC string. */
  readonly hash: string;
}

/** What a node tells the control plane about credentials. */
export interface CredentialReport {
  readonly uses: readonly CredentialUse[];
  readonly rehashes: readonly PasswordRehash[];
}

/** A use is noted again after this time. The control plane stores it coarsely as well. */
const noteEveryMs = 60_000;
/** Bounds of what waits for the next report. */
const maxUses = 10_000;
const maxRehashes = 100;
/** Bounds of one report, some 50 KiB on the stream. */
const maxReportedUses = 1_000;
const maxReportedRehashes = 20;
/** Credentials whose last note is remembered, at least. */
const remembered = 10_000;

/**
 * Collects which credentials were used, and new hashes of imported passwords, until they are
 * reported. Bounded: when reports are not taken, further notes are dropped and counted.
 */
export class CredentialNotes {
  readonly #uses = new Map<string, number>();
  readonly #rehashes = new Map<string, PasswordRehash>();
  readonly #notedAt = new HotCache<number>(remembered);
  /** Uses that were not noted because too many waited. */
  dropped = 0;
  readonly #isReported: boolean;

  /** @param isReported false without a control plane: then nothing is kept */
  constructor(isReported = true) {
    this.#isReported = isReported;
  }

  /** Notes a use, unless one was noted within the last minute. */
  used(id: string, usedAtMs: number): void {
    if (!this.#isReported) return;
    const before = this.#notedAt.get(id);
    if (before !== undefined && usedAtMs - before < noteEveryMs) return;
    if (this.#uses.size >= maxUses && !this.#uses.has(id)) {
      this.dropped++;
      return;
    }
    this.#notedAt.set(id, usedAtMs);
    this.#uses.set(id, usedAtMs);
  }

  /** Notes a hash of a password that matched the stored one of a credential. */
  noteRehash({ credential, secret = '' }: FoundCredential, newHash: string): void {
    (credential as NotedCredential).replacedBy = newHash;
    const replaced = hash('sha256', secret, 'buffer');
    this.rehashed({ id: credential.id, replaced, hash: newHash });
  }

  /** Notes a hash. A further one for the same credential replaces it. */
  rehashed(rehash: PasswordRehash): void {
    if (!this.#isReported) return;
    if (this.#rehashes.size < maxRehashes || this.#rehashes.has(rehash.id))
      this.#rehashes.set(rehash.id, rehash);
  }

  /** Adds the report of another process of this node. */
  add({ uses, rehashes }: CredentialReport): void {
    for (const { id, usedAtMs } of uses) this.used(id, usedAtMs);
    for (const rehash of rehashes) this.rehashed(rehash);
  }

  /** Puts back a report that was taken and may not have arrived. */
  giveBack({ uses, rehashes }: CredentialReport): void {
    for (const { id, usedAtMs } of uses)
      if (!this.#uses.has(id) && this.#uses.size < maxUses) this.#uses.set(id, usedAtMs);
    for (const rehash of rehashes) if (!this.#rehashes.has(rehash.id)) this.rehashed(rehash);
  }

  /** Takes what waits, a bounded number at a time; undefined when nothing does. */
  take(): CredentialReport | undefined {
    if (this.#uses.size === 0 && this.#rehashes.size === 0) return undefined;
    const uses: CredentialUse[] = [];
    for (const [id, usedAtMs] of this.#uses) {
      if (uses.length === maxReportedUses) break;
      this.#uses.delete(id);
      uses.push({ id, usedAtMs });
    }
    const rehashes = [...this.#rehashes.values()].slice(0, maxReportedRehashes);
    for (const { id } of rehashes) this.#rehashes.delete(id);
    return { uses, rehashes };
  }
}
