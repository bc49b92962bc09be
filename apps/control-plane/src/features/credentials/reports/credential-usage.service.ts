import { performance } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { every, faultReason } from '@sluice/errors';
import { isId } from '@sluice/schema';
import type { CredentialUse } from '@sluice/wire';
import { Logger } from '../../../platform/logger.ts';
import { CredentialUsageRepository } from './credential-usage.repository.ts';

const storeEveryMs = 2_000;
const batchSize = 1_000;
/** The most credentials whose uses wait for the database. */
const maxPending = 100_000;
/** The most uses of one report that are read. */
const maxReported = 1_000;
/** A node that was without a control plane may report uses of this age. */
const maxAgeSeconds = 30 * 86_400;

/**
 * When credentials were last used. Nodes report it, at most once a minute for each credential; it is
 * stored in batches, outside the configuration.
 */
@Injectable()
export class CredentialUsageService implements OnApplicationBootstrap {
  /** Times of the latest uses, in milliseconds of `performance.now`. */
  private readonly pending = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private storing: Promise<void> = Promise.resolve();
  private hasFailed = false;

  constructor(
    private readonly repository: CredentialUsageRepository,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = every('observation', storeEveryMs, () => this.store()).unref();
  }

  /** Takes the uses of a node's report. What is not well-formed, or too much, is ignored. */
  heard(uses: readonly CredentialUse[]): void {
    const nowMs = performance.now();
    for (const { credentialId: id, secondsAgo } of uses.slice(0, maxReported)) {
      if (!isId(id) || secondsAgo > maxAgeSeconds) continue;
      const usedAtMs = nowMs - secondsAgo * 1_000;
      const before = this.pending.get(id);
      if (before === undefined && this.pending.size >= maxPending) continue;
      if (before === undefined || before < usedAtMs) this.pending.set(id, usedAtMs);
    }
  }

  /** Stores what was heard. Never rejects: what could not be stored is stored later. */
  store(): Promise<void> {
    this.storing = this.storing.then(() => this.storePending());
    return this.storing;
  }

  /** Stores the rest; call it before the database is closed. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.store();
  }

  /** Returns when credentials were last used; those without a known use are absent. */
  lastUses(ids: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    return this.repository.lastUses(ids);
  }

  private async storePending(): Promise<void> {
    const uses = [...this.pending];
    this.pending.clear();
    for (let at = 0; at < uses.length; at += batchSize) {
      try {
        await this.storeBatch(uses.slice(at, at + batchSize));
        this.hasFailed = false;
      } catch (error) {
        this.keep(uses.slice(at));
        if (!this.hasFailed)
          this.logger.warn('could not store when credentials were last used', {
            reason: faultReason(error),
          });
        this.hasFailed = true;
        return;
      }
    }
  }

  private storeBatch(uses: readonly (readonly [string, number])[]): Promise<void> {
    const nowMs = performance.now();
    return this.repository.store(
      uses.map(([id, usedAtMs]) => ({ id, ageSeconds: Math.max(0, nowMs - usedAtMs) / 1_000 })),
    );
  }

  /** Puts back what could not be stored, unless a later use was heard meanwhile. */
  private keep(uses: readonly (readonly [string, number])[]): void {
    for (const [id, usedAtMs] of uses)
      if (!this.pending.has(id) && this.pending.size < maxPending) this.pending.set(id, usedAtMs);
  }
}
