import { every } from '@sluice/errors';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { reasonOf } from '../error-code.ts';
import { Logger } from '../logger.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';

const intervalMs = 3_600_000;

/** Deletes expired idempotency records once an hour. */
@Injectable()
export class IdempotencyPruner implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: IdempotencyRepository,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = every('storage', intervalMs, () => this.prune()).unref();
    void this.prune();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async prune(): Promise<void> {
    try {
      await this.repository.prune();
    } catch (error) {
      this.logger.warn('could not delete expired idempotency records; the next attempt is in an hour', { reason: reasonOf(error) });
    }
  }
}
