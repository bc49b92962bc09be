import { Injectable } from '@nestjs/common';
import type { Kind, Spec } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import type { Sql } from '../../platform/database/database.ts';
import type { StoredResource } from './stored-resource.ts';
import type { Warning } from './warning.ts';

/** What a kind needs besides its declaration. Secrets in specs are in the clear, if they are there. */
export interface KindRules<K extends Kind = Kind> {
  /**
   * Returns faults of a new spec that the schema does not find. `before` is undefined at the
   * creation. References are ids.
   */
  readonly check?: (spec: Spec<K>, before: Spec<K> | undefined) => readonly FieldError[];
  /** Returns the members that the declaration calls `computed`. The spec has no secrets. */
  readonly compute?: (spec: Spec<K>) => object;
  /** Returns hints about a resource that was written. Never rejects. */
  readonly warnings?: (resource: StoredResource<K>) => Promise<readonly Warning[]>;
  /** Throws when a resource must not be renamed now. */
  readonly beforeRename?: (sql: Sql, current: StoredResource<K>, newName: string) => Promise<void>;
}

/** The rules of the kinds that have some; their features register them when they are created. */
@Injectable()
export class KindRulesRegistry {
  private readonly rules = new Map<Kind, KindRules>();

  register<K extends Kind>(kind: K, rules: KindRules<K>): void {
    this.rules.set(kind, rules as unknown as KindRules);
  }

  of(kind: Kind): KindRules {
    return this.rules.get(kind) ?? {};
  }
}
