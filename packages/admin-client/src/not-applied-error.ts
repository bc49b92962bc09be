import type { NodeOutcome } from './schema-types.ts';

/**
 * A write with `requireApplied` that is committed, but that not every live node applied within the
 * wait. The nodes go on to apply it; `AdminClient.revisionStatus` shows how far they are.
 */
export class NotAppliedError extends Error {
  override readonly name = 'NotAppliedError';
  readonly revision: number;
  readonly nodes: readonly NodeOutcome[];

  constructor(request: string, revision: number, nodes: readonly NodeOutcome[]) {
    const pending = nodes.filter(({ outcome }) => outcome === 'pending').map(({ id }) => id);
    super(
      `${request} committed revision ${revision}, but not all nodes applied it in time; pending: ${pending.join(', ')}`,
    );
    this.revision = revision;
    this.nodes = nodes;
  }
}
