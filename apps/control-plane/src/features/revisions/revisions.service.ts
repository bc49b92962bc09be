import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database.ts';
import type { IdempotentAnswer } from '../../platform/idempotency/idempotency.ts';
import type { Change, RevisionAuthor } from './revision.ts';
import { RevisionRepository } from './revision.repository.ts';
import { RevisionSignal } from './revision-signal.ts';

/** What other features may do with revisions. */
@Injectable()
export class RevisionsService {
  constructor(
    private readonly repository: RevisionRepository,
    private readonly signal: RevisionSignal,
  ) {}

  /**
   * Makes the revision of a transaction, as its last statement. Say {@link committed} once it is.
   * @returns its number.
   */
  commit(sql: Sql, author: RevisionAuthor, changes: readonly Change[], idempotent?: IdempotentAnswer): Promise<number> {
    return this.repository.commit(sql, author, changes, idempotent);
  }

  /** The newest revision. */
  head(sql: Sql): Promise<number> {
    return this.repository.head(sql);
  }

  /** The newest revision, locked: no other transaction makes one before this one ends. */
  lockHead(sql: Sql): Promise<number> {
    return this.repository.lockHead(sql);
  }

  /** Wakes up whoever feeds the nodes of this process. */
  committed(revision: number): void {
    this.signal.committed(revision);
  }
}
