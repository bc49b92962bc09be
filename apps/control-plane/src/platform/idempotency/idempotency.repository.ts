import { Injectable } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import { Database } from '../database/database.ts';
import type { Sql } from '../database/database.ts';
import { unseal } from './idempotency.ts';
import type { Idempotency, IdempotentAnswer } from './idempotency.ts';

/** An answer given before. */
export interface RecalledAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Answers to POST requests, kept for a day so that a repetition gets the same one. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /**
   * Call it first in the transaction that does the work. Repetitions that come at the same time wait here for the one that
   * came first.
   * @returns the answer given before, or undefined when the work is still to be done.
   * @throws GatewayError idempotency_conflict when the key was used for another request.
   */
  async recall(sql: Sql, idempotency: Idempotency | undefined, requestHash: string): Promise<RecalledAnswer | undefined> {
    if (idempotency === undefined) return undefined;
    const { tokenId, key, sealingKey } = idempotency;
    await sql.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tokenId} ${key}`]);
    const [record] = await sql.query<IdempotentAnswer>(
      `SELECT request_hash AS "requestHash", status, headers, body, sealed FROM idempotency_record
       WHERE token_id = $1 AND key = $2 AND created_at > now() - interval '24 hours'`,
      [tokenId, key],
    );
    if (record === undefined) {
      await sql.query('DELETE FROM idempotency_record WHERE token_id = $1 AND key = $2', [tokenId, key]);
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

  /** Keeps an answer, for work that makes no revision. A revision keeps its answer itself. */
  async keep(sql: Sql, answer: IdempotentAnswer): Promise<void> {
    const { tokenId, key, requestHash, status, headers, body, sealed } = answer;
    await sql.query(
      'INSERT INTO idempotency_record (token_id, key, request_hash, status, headers, body, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [tokenId, key, requestHash, status, JSON.stringify(headers), JSON.stringify(body), sealed],
    );
  }

  /** Forgets answers older than a day. */
  async prune(): Promise<void> {
    await this.database.query("DELETE FROM idempotency_record WHERE created_at < now() - interval '24 hours'");
  }
}
