import type { Kind, Spec } from '@sluice/config';

/** A change of one resource. `before` is null when it was created, `after` when it was deleted. */
export interface Change {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly before: Spec | null;
  readonly after: Spec | null;
}

/** The kind of a change. */
export type ChangeAction = 'created' | 'updated' | 'deleted';

/** One committed revision of the configuration. */
export interface Revision {
  readonly revision: number;
  readonly committedAt: Date;
  readonly actor: string;
  readonly requestId: string;
  /** Names of the affected gateways at the time of the commit; null when it may affect all. */
  readonly gateways: readonly string[] | null;
}

/** The author of a revision. */
export interface RevisionAuthor {
  readonly actor: string;
  readonly requestId: string;
}
