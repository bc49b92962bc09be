import { Injectable } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import { hashPassword } from '@sluice/passwords';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';

/** Each takes one thread of Node's pool, which has four, and 19 MiB. */
const maxRunning = 2;
/** At 20 ms each, the last one waits less than a second. */
const maxWaiting = 64;

/** Hashes passwords, a bounded number at a time. */
@Injectable()
export class PasswordHashing {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(metrics: ControlPlaneMetrics) {
    metrics.registry.onCollect(() =>
      metrics.passwordHashes.set(this.running + this.waiting.length),
    );
  }

  /**
   * Resolves to the PHC string of a password.
   * @throws GatewayError overloaded when too many passwords wait already.
   */
  async hash(password: string): Promise<string> {
    if (this.running >= maxRunning) await this.turn();
    else this.running += 1;
    try {
      return await hashPassword(password);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  /** Resolves when another hash has ended and leaves its place to this one. */
  private turn(): Promise<void> {
    if (this.waiting.length >= maxWaiting)
      throw new GatewayError('overloaded', {
        detail: `${maxWaiting} passwords wait to be hashed already; try again`,
      });
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
