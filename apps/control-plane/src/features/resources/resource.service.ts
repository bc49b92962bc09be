import { Injectable } from '@nestjs/common';
import type { Kind } from '@sluice/config';
import { Database } from '../../platform/database/database.ts';
import { Answer } from '../../platform/http/answer.ts';
import { cursorKeys, decodeCursor } from '../../platform/http/cursor.ts';
import { matchesNone } from '../../platform/http/etag.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { pageOf } from '../../platform/http/list-query.ts';
import type { ListQuery } from '../../platform/http/list-query.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import type { CollectionAlias } from './collection-alias.ts';
import { KindRulesRegistry } from './kind-rules.ts';
import { ResourcePresenter, isOfType, referredIds } from './presentation.ts';
import type { Representation } from './presentation.ts';
import { notFound } from './resource-faults.ts';
import { ResourceRepository } from './resource.repository.ts';
import type { CredentialFilter } from './resource.repository.ts';
import { ResourceWriter } from './resource-writer.ts';
import type { StoredResource } from './stored-resource.ts';
import { WriteAnswers } from './write-answers.ts';
import type { Written } from './written.ts';

/** Restricts a list to resources that a resource owns, or that refer to a resource. */
export interface ListScope {
  readonly scope?: string;
  readonly refersTo?: string;
  /** Lists only resources whose spec has this type. */
  readonly type?: string | undefined;
  readonly alias?: CollectionAlias | undefined;
  /** Lists the resources of all owners, in the order of their ids. */
  readonly isOfAnyOwner?: boolean;
  readonly credentials?: CredentialFilter;
}

/**
 * Handles the requests for configuration resources of every kind. Each controller passes its kind.
 */
@Injectable()
export class ResourceService {
  constructor(
    private readonly database: Database,
    private readonly resources: ResourceRepository,
    private readonly writer: ResourceWriter,
    private readonly answers: WriteAnswers,
    private readonly presenter: ResourcePresenter,
    private readonly rules: KindRulesRegistry,
  ) {}

  async list(kind: Kind, query: ListQuery, within: ListScope = {}): Promise<Answer> {
    const { scope, refersTo, alias, type = alias?.type, isOfAnyOwner, credentials } = within;
    const order = isOfAnyOwner === true ? 'id' : 'name';
    const { limit, after, tag, name } = query;
    const { rows, isCut } = await this.resources.list(this.database, {
      kind,
      scope: scope ?? null,
      tags: tag,
      name,
      ...(refersTo === undefined ? {} : { refersTo }),
      type,
      isOfAnyOwner,
      credentials,
      after: after === undefined ? undefined : decodeCursor(after, cursorKeys[order]),
      limit: limit + 1,
    });
    const names = await this.resources.namesOf(this.database, referredIds(rows));
    return Answer.ok(
      pageOf(
        rows,
        limit,
        (row) => this.presenter.present(row, names, alias),
        (row) => row[order],
        isCut,
      ),
    );
  }

  async get(
    kind: Kind,
    idOrName: string,
    ifNoneMatch: EntityTags,
    scope: string | null = null,
    alias?: CollectionAlias,
  ): Promise<Answer> {
    const resource = await this.find(kind, idOrName, scope, alias);
    const names = await this.resources.namesOf(this.database, referredIds([resource]));
    const body = this.presenter.present(resource, names, alias);
    const headers = { ETag: this.presenter.etagOf(resource, names, body, alias) };
    return matchesNone(ifNoneMatch, headers.ETag)
      ? Answer.ok(body, headers)
      : new Answer(304, undefined, headers);
  }

  /**
   * Returns the representation of a resource.
   * @throws GatewayError resource_not_found
   */
  async representation(
    kind: Kind,
    idOrName: string,
    scope: string | null = null,
    alias?: CollectionAlias,
  ): Promise<Representation> {
    return this.show(await this.find(kind, idOrName, scope, alias), alias);
  }

  /** @throws GatewayError resource_not_found */
  async find<K extends Kind>(
    kind: K,
    idOrName: string,
    scope: string | null = null,
    alias?: CollectionAlias,
  ): Promise<StoredResource<K>> {
    const resource = await this.resources.find(this.database, kind, scope, idOrName);
    if (resource === undefined || !isOfType(resource.spec, alias?.type))
      throw notFound(kind, idOrName, alias?.noun);
    return resource;
  }

  async create(kind: Kind, content: unknown, write: WriteRequest): Promise<Answer> {
    return this.answer(await this.writer.create(kind, content, write), write);
  }

  async replace(
    kind: Kind,
    idOrName: string,
    content: unknown,
    write: WriteRequest,
  ): Promise<Answer> {
    const address = { kind, scope: null, idOrName };
    return this.answer(await this.writer.replace(address, content, write), write);
  }

  async patch(kind: Kind, idOrName: string, patch: unknown, write: WriteRequest): Promise<Answer> {
    const address = { kind, scope: null, idOrName };
    return this.answer(await this.writer.patch(address, patch, write), write);
  }

  async remove(kind: Kind, idOrName: string, write: WriteRequest): Promise<Answer> {
    return this.answers.of(await this.writer.remove({ kind, scope: null, idOrName }, write), write);
  }

  /** The response to a write, with the warnings of its kind. */
  async answer(written: Written, write: WriteRequest): Promise<Answer> {
    const { resource } = written;
    const warnings =
      resource === undefined ? [] : await this.rules.of(resource.kind).warnings?.(resource);
    return this.answers.of(written, write, warnings);
  }

  private async show(resource: StoredResource, alias?: CollectionAlias): Promise<Representation> {
    const names = await this.resources.namesOf(this.database, referredIds([resource]));
    return this.presenter.present(resource, names, alias);
  }
}
