import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Kind, Spec } from '@sluice/config';
import type { Sql } from '../../platform/database/database.ts';
import { SecretVault } from '../../platform/secrets/secret-vault.ts';
import type { Change } from '../revisions/revision.ts';
import { ResourceRepository } from './resource.repository.ts';

/** Changes of resources that the control plane makes by itself, within a transaction. */
@Injectable()
export class ResourceChanges {
  constructor(
    private readonly resources: ResourceRepository,
    private readonly vault: SecretVault,
  ) {}

  /**
   * Creates a resource of a valid spec; returns undefined when its name is taken in its scope.
   * @param secrets the paths of the secrets, which are encrypted
   */
  async create<K extends Kind>(
    sql: Sql,
    kind: K,
    scope: string | null,
    spec: Spec<K>,
    secrets: readonly (readonly string[])[] = [],
  ): Promise<Change | undefined> {
    const id = randomUUID();
    const sealed = await this.vault.seal(sql, id, spec, secrets);
    const stored = await this.resources.insert(sql, kind, id, scope, sealed);
    return stored && { kind, id, name: stored.name, before: null, after: stored.spec };
  }

  /** Deletes resources by their ids, without those that they own. */
  async removeEach(sql: Sql, kind: Kind, ids: readonly string[]): Promise<Change[]> {
    const stored = await this.resources.lockEach(sql, kind, ids);
    for (const { id } of stored) await this.resources.delete(sql, id);
    return stored.map(({ id, name, spec }) => ({ kind, id, name, before: spec, after: null }));
  }
}
