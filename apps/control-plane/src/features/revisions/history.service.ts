import { Injectable } from '@nestjs/common';
import { referencesOf } from '@sluice/config';
import type { Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { Database } from '../../platform/database/database.ts';
import { Answer } from '../../platform/http/answer.ts';
import { cursorKeys, decodeCursor } from '../../platform/http/cursor.ts';
import { pageOf } from '../../platform/http/list-query.ts';
import type { PageQuery } from '../../platform/http/list-query.ts';
import { AppliedStatus } from '../nodes/applied.ts';
import { ResourcePresenter } from '../resources/presentation.ts';
import type { Change, ChangeAction, Revision } from './revision.ts';
import { RevisionRepository } from './revision.repository.ts';

/** Reads revisions: their changes, their actor, and which nodes have applied them. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly database: Database,
    private readonly revisions: RevisionRepository,
    private readonly applied: AppliedStatus,
    private readonly presenter: ResourcePresenter,
  ) {}

  /** Lists revisions, newest first, without the resources before and after the changes. */
  async list({ limit, after }: PageQuery): Promise<Answer> {
    const rows = await this.revisions.list(
      this.database,
      after === undefined ? undefined : Number(decodeCursor(after, cursorKeys.revision)),
      limit + 1,
    );
    const kept = rows.slice(0, limit);
    const changes = await this.revisions.changesBetween(
      this.database,
      kept.at(-1)?.revision ?? 0,
      kept[0]?.revision ?? 0,
    );
    const byRevision = Map.groupBy(changes, ({ revision }) => Number(revision));
    const entryOf = (row: Revision): object => ({
      ...present(row),
      changes: (byRevision.get(row.revision) ?? []).map(({ action, kind, id, name }) => ({
        action,
        kind,
        id,
        name,
      })),
    });
    return Answer.ok(pageOf(rows, limit, entryOf, ({ revision }) => String(revision)));
  }

  /** Returns a revision with the resources before and after each change. */
  async get(text: string): Promise<Answer> {
    const revision = await this.find(text);
    const changes = await this.revisions.changesOf(this.database, revision.revision);
    const ids = changes.flatMap(({ kind, before, after }) =>
      [before, after].flatMap((spec) =>
        spec === null ? [] : referencesOf(kind, spec).map(({ target }) => target),
      ),
    );
    const names = await this.revisions.namesOf(this.database, ids);
    return Answer.ok({
      ...present(revision),
      changes: changes.map((change) => this.presentChange(change, names)),
    });
  }

  async status(text: string): Promise<Answer> {
    const { revision } = await this.find(text);
    return Answer.ok(await this.applied.status(revision));
  }

  private presentChange(
    { kind, id, name, before, after }: Change,
    names: ReadonlyMap<string, string>,
  ): object {
    const action: ChangeAction =
      before === null ? 'created' : after === null ? 'deleted' : 'updated';
    const show = (spec: Spec | null): object | null =>
      spec === null ? null : this.presenter.presentSpec(kind, spec, names);
    return { action, kind, id, name, before: show(before), after: show(after) };
  }

  private async find(text: string): Promise<Revision> {
    const revision = /^[1-9]\d{0,14}$/.test(text)
      ? await this.revisions.find(this.database, Number(text))
      : undefined;
    if (revision === undefined)
      throw new GatewayError('resource_not_found', {
        detail: `there is no revision ${JSON.stringify(text.slice(0, 64))}`,
      });
    return revision;
  }
}

function present({ revision, committedAt, actor, requestId, gateways }: Revision): object {
  return { revision, committedAt: committedAt.toISOString(), actor, requestId, gateways };
}
