import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { every } from '@sluice/errors';
import { ControlPlaneMetrics } from '../../../platform/metrics/control-plane-metrics.ts';
import { CredentialUsageRepository } from './credential-usage.repository.ts';

const intervalMs = 60_000;
const days = [1, 7, 30];

/** Counts the credentials that expire soon, as a metric, once a minute. */
@Injectable()
export class CredentialExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly usage: CredentialUsageRepository,
    private readonly metrics: ControlPlaneMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = every('observation', intervalMs, () => this.observe()).unref();
    void this.observe();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Counts the credentials and sets the metric. Never rejects. */
  async observe(): Promise<void> {
    try {
      for (const { within, count } of await this.usage.countExpiring(days))
        this.metrics.credentialsExpiring.set(count, within);
    } catch {
      // A database that does not answer is in the log already. A former count would mislead.
      for (const within of days) this.metrics.credentialsExpiring.set(Number.NaN, `${within}d`);
    }
  }
}
