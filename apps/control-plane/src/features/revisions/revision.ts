import type { Kind, Spec } from '@sluice/config';

/** What happened to one resource; `before` is null when it was created, `after` when it was deleted. */
export interface Change {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly before: Spec | null;
  readonly after: Spec | null;
}

/** What a change did to its resource. */
export type ChangeAction = 'created' | 'updated' | 'deleted';

/** One committed change of the configuration. */
export interface Revision {
  readonly revision: number;
  readonly committedAt: Date;
  readonly actor: string;
  readonly requestId: string;
  /** Names of the gateways concerned when it was committed; null when it may concern all. */
  readonly gateways: readonly string[] | null;
}

/** Who makes a revision. */
export interface RevisionAuthor {
  readonly actor: string;
  readonly requestId: string;
}
