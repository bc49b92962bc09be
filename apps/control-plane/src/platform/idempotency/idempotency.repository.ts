import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { GatewayError } from '@sluice/errors';
import { Not, Raw, Repository } from 'typeorm';
import type { Transaction } from '../database/database.ts';
import { IdempotencyRecordEntity } from './idempotency-record.entity.ts';
import { unseal } from './idempotency.ts';
import type { Idempotency, IdempotentAnswer } from './idempotency.ts';

/** An answer given before. */
export interface RecalledAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** An answer is kept for a day. The clock of the database decides, which is the same for all replicas. */
const kept = Raw((column) => `${column} > now() - interval '24 hours'`);

/** Answers to POST requests, kept for a day so that a repetition gets the same one. */
@Injectable()
export class IdempotencyRepository {
  constructor(
    @InjectRepository(IdempotencyRecordEntity)
    private readonly records: Repository<IdempotencyRecordEntity>,
  ) {}

  /**
   * Call it first in the transaction that does the work. Repetitions that come at the same time wait here for the one that
   * came first.
   * @returns the answer given before, or undefined when the work is still to be done.
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
    // SQL, because TypeORM can only lock rows, and the row is not there yet.
    await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tokenId} ${key}`]);
    const record = await records.findOneBy({ tokenId, key, createdAt: kept });
    if (record === null) {
      await records.delete({ tokenId, key });
      return undefined;
    }
    if (record.requestHash !== requestHash) {
      throw new GatewayError('idempotency_conflict', { detail: 'this Idempotency-Key came with another request before; use a new one' });
    }
    const secrets = record.sealed === null ? {} : unseal(sealingKey, record.sealed);
    // The admin token of the machine keeps its id when it is replaced; what the old one sealed stays sealed.
    if (secrets === undefined) {
      throw new GatewayError('idempotency_conflict', { detail: 'this Idempotency-Key came with another token before; use a new one' });
    }
    return { status: record.status, headers: record.headers, body: { ...record.body, ...secrets } };
  }

  /** Keeps an answer, for work that makes no revision. The statement that commits a revision keeps its answer itself. */
  async keep(transaction: Transaction, answer: IdempotentAnswer): Promise<void> {
    await transaction.repository(IdempotencyRecordEntity).insert(answer);
  }

  /** Deletes answers that are older than a day. */
  async prune(): Promise<void> {
    await this.records.delete({ createdAt: Not(kept) });
  }
}
