/**
 * A second path to the resources of a kind that have one `type`. Their representations leave the
 * type out, and messages call them by the noun.
 */
export interface CollectionAlias {
  readonly type: string;
  readonly noun: string;
  /** The last segment of the collection's path. */
  readonly collection: string;
}
