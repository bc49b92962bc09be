import { errorMessage, every } from '@sluice/errors';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Logger } from '../logger.ts';
import { ControlPlaneMetrics } from '../metrics/control-plane-metrics.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';

const intervalMs = 3_600_000;
const countMs = 60_000;

/** Deletes expired idempotency records once an hour, and counts the others once a minute. */
@Injectable()
export class IdempotencyPruner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly repository: IdempotencyRepository,
    private readonly logger: Logger,
    private readonly metrics: ControlPlaneMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.timers.push(every('storage', intervalMs, () => this.prune()).unref());
    this.timers.push(every('storage', countMs, () => this.count()).unref());
    void this.prune();
  }

  onModuleDestroy(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
  }

  private async prune(): Promise<void> {
    try {
      await this.repository.prune();
    } catch (error) {
      this.logger.warn(
        'could not delete expired idempotency records; the next attempt is in an hour',
        { reason: errorMessage(error) },
      );
    }
    await this.count();
  }

  private async count(): Promise<void> {
    // A database that does not answer is in the log already, of what needed it.
    this.metrics.idempotencyRecords.set(await this.repository.count().catch(() => Number.NaN));
  }
}
