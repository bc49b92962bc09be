import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { every, faultReason } from '@sluice/errors';
import { BootstrapToken } from '../../platform/auth/bootstrap-token.ts';
import { Database } from '../../platform/database/database.ts';
import type { Sql } from '../../platform/database/database.ts';
import { SETTINGS } from '../../platform/env.ts';
import type { Settings } from '../../platform/env.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { Logger } from '../../platform/logger.ts';
import { WriteTransaction } from '../resources/write-transaction.ts';
import type { Change } from '../revisions/revision.ts';
import { NeededSigningKeys } from './needed-signing-keys.ts';
import { SigningKeyRepository } from './signing-key.repository.ts';
import { dueChanges } from './signing-key-due.ts';

const everyMs = 60_000;

/** Replaces signing keys in time, and removes those that are no longer in use. */
@Injectable()
export class SigningKeyRotation implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rotateAfterMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly database: Database,
    private readonly transaction: WriteTransaction,
    private readonly keys: SigningKeyRepository,
    private readonly needed: NeededSigningKeys,
    private readonly logger: Logger,
  ) {
    this.rotateAfterMs = settings.signingKeyDays * 86_400_000;
  }

  onApplicationBootstrap(): void {
    this.timer = every('lifecycle', everyMs, () => this.rotate(Date.now())).unref();
    void this.begin();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * Creates the keys that are due and removes those that nothing uses, in one revision. Replicas may
   * do it at the same time. Never rejects.
   */
  async rotate(nowMs: number): Promise<void> {
    try {
      const keys = await this.keys.all(this.database);
      const { create, remove } = dueChanges(keys, nowMs, this.rotateAfterMs);
      if (create.length + remove.length === 0) return;
    } catch {
      // A database that does not answer is in the log already.
      return;
    }
    await this.attempt((sql) => this.change(sql, nowMs));
  }

  /** Never rejects. */
  private async begin(): Promise<void> {
    // Policies may have been attached by a release that knew nothing of keys.
    await this.attempt((sql) => this.needed.createAll(sql));
    await this.rotate(Date.now());
  }

  private async change(sql: Sql, nowMs: number): Promise<Change[]> {
    const keys = await this.keys.all(sql, true);
    const { create, remove } = dueChanges(keys, nowMs, this.rotateAfterMs);
    const changes = await this.keys.remove(sql, remove);
    for (const due of create) {
      const names = keys
        .filter(({ gatewayId }) => gatewayId === due.gatewayId)
        .map(({ name }) => name);
      const created = await this.keys.create(sql, due, names);
      if (created !== undefined) changes.push(created);
    }
    return changes;
  }

  private async attempt(work: (sql: Sql) => Promise<Change[]>): Promise<void> {
    try {
      await this.transaction.run(rotation(), {}, async (sql) => {
        const changes = await work(sql);
        return { status: 200, resource: undefined, changes };
      });
    } catch (error) {
      this.logger.warn('could not replace signing keys', { reason: faultReason(error) });
    }
  }
}

function rotation(): WriteRequest {
  return {
    caller: { ...BootstrapToken.identity, name: 'system' },
    requestId: randomUUID(),
    method: 'POST',
    target: '/v1/gateways/signingKeys',
    ifMatch: undefined,
    ifNoneMatch: undefined,
    idempotency: undefined,
    wait: undefined,
  };
}
