import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { GatewayError } from '@sluice/errors';
import { Not, Raw, Repository } from 'typeorm';
import type { Transaction } from '../database/database.ts';
import { IdempotencyRecordEntity } from './idempotency-record.entity.ts';
import { unseal } from './idempotency.ts';
import type { Idempotency, IdempotentAnswer } from './idempotency.ts';

/** The stored response to an earlier request. */
export interface RecalledAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Records expire after a day, by the clock of the database, which is the same for all replicas. */
const kept = Raw((column) => `${column} > now() - interval '24 hours'`);

/** Stores responses to POST requests for a day, so that a repetition gets the same response. */
@Injectable()
export class IdempotencyRepository {
  constructor(
    @InjectRepository(IdempotencyRecordEntity)
    private readonly records: Repository<IdempotencyRecordEntity>,
  ) {}

  /**
   * Finds the stored response. Must be the first statement of the transaction that does the work:
   * concurrent repetitions wait here until the first request has committed.
   * @returns the stored response, or undefined when the work has not been done yet.
   * @throws GatewayError idempotency_conflict when the key was used for another request.
   */
  async recall(
    transaction: Transaction,
    idempotency: Idempotency | undefined,
    requestHash: string,
  ): Promise<RecalledAnswer | undefined> {
    if (idempotency === undefined) return undefined;
    const { tokenId, key, sealingKey } = idempotency;
    const records = transaction.repository(IdempotencyRecordEntity);
    // An advisory lock, which needs SQL: there is no row yet that TypeORM could lock.
    await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `${tokenId} ${key}`,
    ]);
    const record = await records.findOneBy({ tokenId, key, createdAt: kept });
    if (record === null) {
      await records.delete({ tokenId, key });
      return undefined;
    }
    if (record.requestHash !== requestHash) {
      throw new GatewayError('idempotency_conflict', {
        detail: 'this Idempotency-Key was used for another request; use a new key',
      });
    }
    const secrets = record.sealed === null ? {} : unseal(sealingKey, record.sealed);
    // The bootstrap token keeps its id when it is replaced, so a record may be encrypted with the
    // old token.
    if (secrets === undefined) {
      throw new GatewayError('idempotency_conflict', {
        detail: 'this Idempotency-Key was used with another token; use a new key',
      });
    }
    return { status: record.status, headers: record.headers, body: { ...record.body, ...secrets } };
  }

  /**
   * Stores a response to work that creates no revision. Otherwise the statement that commits the
   * revision stores it.
   */
  async keep(transaction: Transaction, answer: IdempotentAnswer): Promise<void> {
    await transaction.repository(IdempotencyRecordEntity).insert(answer);
  }

  /** Counts the records. */
  async count(): Promise<number> {
    return this.records.count();
  }

  /** Deletes records that are older than a day. */
  async prune(): Promise<void> {
    await this.records.delete({ createdAt: Not(kept) });
  }
}
