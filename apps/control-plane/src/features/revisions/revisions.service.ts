import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database.ts';
import type { IdempotentAnswer } from '../../platform/idempotency/idempotency.ts';
import type { Change, RevisionAuthor } from './revision.ts';
import { RevisionRepository } from './revision.repository.ts';
import { RevisionSignal } from './revision-signal.ts';

/** The operations on revisions that other features use. */
@Injectable()
export class RevisionsService {
  constructor(
    private readonly repository: RevisionRepository,
    private readonly signal: RevisionSignal,
  ) {}

  /**
   * Creates the revision of a transaction, as its last statement. Call {@link committed} after the
   * commit.
   * @returns the number of the revision.
   */
  commit(
    sql: Sql,
    author: RevisionAuthor,
    changes: readonly Change[],
    idempotent?: IdempotentAnswer,
  ): Promise<number> {
    return this.repository.commit(sql, author, changes, idempotent);
  }

  /** Returns the newest revision. */
  head(sql: Sql): Promise<number> {
    return this.repository.head(sql);
  }

  /**
   * Returns the newest revision and locks it; no other transaction can create one before this one
   * ends.
   */
  lockHead(sql: Sql): Promise<number> {
    return this.repository.lockHead(sql);
  }

  /** Wakes the revision feed of this process. */
  committed(revision: number): void {
    this.signal.committed(revision);
  }
}
