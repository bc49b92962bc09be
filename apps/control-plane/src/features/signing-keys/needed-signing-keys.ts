import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { WriteTransaction } from '../resources/write-transaction.ts';
import type { Change } from '../revisions/revision.ts';
import { SigningKeyRepository } from './signing-key.repository.ts';
import type { KeyUse } from './signing-key-due.ts';

/**
 * Creates the keys of each gateway with the first policy that needs them, in the same revision, so
 * that no node has the policy without the key.
 */
@Injectable()
export class NeededSigningKeys {
  /** The uses that a policy needs, by its name; only of policies that need some. */
  private readonly usesOf: ReadonlyMap<string, readonly KeyUse[]>;

  constructor(
    private readonly keys: SigningKeyRepository,
    policies: PoliciesService,
    transaction: WriteTransaction,
  ) {
    this.usesOf = new Map(
      [...policies.catalogue.values()].flatMap(({ name, keys: uses = [] }) =>
        uses.length === 0 ? [] : [[name, uses]],
      ),
    );
    transaction.entails((sql, changes) => this.createdFor(sql, changes));
  }

  /** Creates what policies need that are attached already. */
  async createAll(sql: Sql): Promise<Change[]> {
    const attached = await this.keys.attached(sql, [...this.usesOf.keys()]);
    return this.create(sql, new Set(attached.flatMap((name) => this.usesOf.get(name) ?? [])));
  }

  private async createdFor(sql: Sql, changes: readonly Change[]): Promise<readonly Change[]> {
    if (this.usesOf.size === 0) return [];
    // The last key of a use was deleted, perhaps: that replaces it if it is needed.
    if (changes.some(({ kind, after }) => kind === 'signingKey' && after === null))
      return this.createAll(sql);
    const uses = new Set<KeyUse>();
    for (const { kind, before, after } of changes) {
      if (after === null) continue;
      if (kind === 'gateway' && before === null)
        for (const use of await this.keys.usesOfAll(sql)) uses.add(use);
      const { policies = [] } = after as { readonly policies?: readonly { name: string }[] };
      for (const { name } of policies) for (const use of this.usesOf.get(name) ?? []) uses.add(use);
    }
    return this.create(sql, uses);
  }

  private async create(sql: Sql, uses: ReadonlySet<KeyUse>): Promise<Change[]> {
    if (uses.size === 0) return [];
    const created: Change[] = [];
    for (const { gatewayId, use } of await this.keys.missing(sql, [...uses])) {
      const key = await this.keys.create(sql, { gatewayId, use, activeAtMs: Date.now() }, []);
      if (key !== undefined) created.push(key);
    }
    return created;
  }
}
