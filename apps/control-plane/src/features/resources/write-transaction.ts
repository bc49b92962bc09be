import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import type { Sql } from '../../platform/database/database.ts';
import { requestHash } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { IdempotencyRepository } from '../../platform/idempotency/idempotency.repository.ts';
import { seal } from '../../platform/idempotency/idempotency.ts';
import type { IdempotentAnswer } from '../../platform/idempotency/idempotency.ts';
import { ControlPlanesService } from '../control-planes/control-planes.service.ts';
import type { Change } from '../revisions/revision.ts';
import { RevisionsService } from '../revisions/revisions.service.ts';
import type { CollectionAlias } from './collection-alias.ts';
import { ResourcePresenter, referredIds } from './presentation.ts';
import { ResourceRepository } from './resource.repository.ts';
import { pathOf } from './stored-resource.ts';
import type { StoredResource } from './stored-resource.ts';
import type { Written } from './written.ts';

/** The result of the work in the transaction. */
export interface Outcome {
  readonly status: Written['status'];
  /** The resource as it is stored now; undefined when it was deleted. */
  readonly resource: StoredResource | undefined;
  /** Empty when the write changed nothing; no revision is created then. */
  readonly changes: readonly Change[];
  /** Members that only this response shows, and that are never stored unencrypted. */
  readonly secrets?: object | undefined;
  readonly alias?: CollectionAlias | undefined;
}

/**
 * Makes the further changes that the changes of a write entail. They are part of its revision.
 */
export type Consequence = (sql: Sql, changes: readonly Change[]) => Promise<readonly Change[]>;

/** Runs each write in one transaction, which creates at most one revision. */
@Injectable()
export class WriteTransaction {
  private readonly consequences: Consequence[] = [];

  constructor(
    private readonly database: Database,
    private readonly resources: ResourceRepository,
    private readonly revisions: RevisionsService,
    private readonly idempotency: IdempotencyRepository,
    private readonly controlPlanes: ControlPlanesService,
    private readonly presenter: ResourcePresenter,
  ) {}

  /**
   * Runs `work`, then commits the revision as the transaction's last statement. `work` may run
   * again after a deadlock. `content` is the request content, which must be the same in a
   * repetition with the same Idempotency-Key.
   */
  async run(
    write: WriteRequest,
    content: unknown,
    work: (sql: Sql) => Promise<Outcome>,
  ): Promise<Written> {
    const hash = requestHash(write, content);
    const written = await this.database.transaction(async (sql) => {
      const recalled = await this.idempotency.recall(sql, write.idempotency, hash);
      if (recalled !== undefined) return replay(recalled);
      return this.finish(sql, write, hash, await work(sql));
    });
    if (!written.isReplayed) this.revisions.committed(written.revision);
    return written;
  }

  /** Registers what changes entail. Features do it when they are created. */
  entails(consequence: Consequence): void {
    this.consequences.push(consequence);
  }

  /** Returns the newest revision; no other transaction can create one before this one ends. */
  lockHead(sql: Sql): Promise<number> {
    return this.revisions.lockHead(sql);
  }

  private async finish(
    sql: Sql,
    write: WriteRequest,
    hash: string,
    outcome: Outcome,
  ): Promise<Written> {
    const { status, resource, secrets, alias } = outcome;
    const changes = [...outcome.changes];
    if (changes.length > 0)
      for (const entailed of this.consequences)
        changes.push(...(await entailed(sql, outcome.changes)));
    for (const { kind, after } of changes)
      if (after !== null) await this.controlPlanes.requireKnown(sql, kind);
    const shown = await this.show(sql, resource, alias);
    const headers = {
      ...shown?.headers,
      ...(status === 201 && resource !== undefined ? { Location: pathOf(resource, alias) } : {}),
    };
    const answer =
      shown === undefined
        ? undefined
        : keptAnswer(write, hash, status, headers, shown.body, secrets);
    const author = { actor: write.caller.name, requestId: write.requestId };
    const revision =
      changes.length === 0
        ? await this.revisions.head(sql)
        : await this.revisions.commit(sql, author, changes, answer);
    const body = shown === undefined ? undefined : { ...shown.body, ...secrets, revision };
    return {
      status,
      headers,
      body,
      revision,
      isReplayed: false,
      isUnchanged: changes.length === 0,
      resource,
    };
  }

  private async show(
    sql: Sql,
    resource: StoredResource | undefined,
    alias: CollectionAlias | undefined,
  ): Promise<{ readonly body: object; readonly headers: { ETag: string } } | undefined> {
    if (resource === undefined) return undefined;
    const names = await this.resources.namesOf(sql, referredIds([resource]));
    const body = this.presenter.present(resource, names, alias);
    return { body, headers: { ETag: this.presenter.etagOf(resource, names, body, alias) } };
  }
}

function keptAnswer(
  { idempotency }: WriteRequest,
  requestHash: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: object,
  secrets: object | undefined,
): IdempotentAnswer | undefined {
  if (idempotency === undefined) return undefined;
  const { tokenId, key, sealingKey } = idempotency;
  return {
    tokenId,
    key,
    requestHash,
    status,
    headers,
    body,
    sealed: secrets === undefined ? null : seal(sealingKey, secrets),
  };
}

function replay({
  status,
  headers,
  body,
}: {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}): Written {
  const revision = 'revision' in body ? Number(body.revision) : 0;
  return {
    status: status === 201 ? 201 : 200,
    headers,
    body,
    revision,
    isReplayed: true,
    isUnchanged: true,
    resource: undefined,
  };
}
