import type { ConfigFault } from '@sluice/wire';
import type { AppliedReport, NodeOutcome } from './applied.ts';
import type { Node } from './node.ts';

/** The facts about a revision that determine its outcome at a node. */
export interface RevisionConcern {
  readonly revision: number;
  /** Ids of the resources that it changed. */
  readonly changed: ReadonlySet<string>;
}

/** Determines the outcome of a revision at one node. */
export function nodeOutcome(
  node: Node,
  gateway: string,
  { revision, changed }: RevisionConcern,
): NodeOutcome {
  const { id, state, appliedRevision } = node;
  const faults = faultsOf(node, revision, changed);
  const base = { id, gateway, state, appliedRevision };
  if (faults.length > 0) return { ...base, outcome: 'rejected', faults };
  if (appliedRevision >= revision) return { ...base, outcome: 'applied' };
  return { ...base, outcome: state === 'live' ? 'pending' : 'not-waited' };
}

/** Combines the outcomes of all nodes. Only live nodes count. */
export function appliedReport(revision: number, nodes: readonly NodeOutcome[]): AppliedReport {
  const waited = nodes.filter(({ state }) => state === 'live');
  const any = (outcome: NodeOutcome['outcome']): boolean =>
    waited.some((node) => node.outcome === outcome);
  return {
    revision,
    status: any('rejected') ? 'rejected' : any('pending') ? 'pending' : 'applied',
    nodes,
  };
}

/**
 * The faults for which a node does not enforce a revision: those for which it rejected the revision
 * or a later one, or those of quarantined resources that the revision changed.
 */
function faultsOf(
  { appliedRevision, nackedRevision, faults }: Node,
  revision: number,
  changed: ReadonlySet<string>,
): readonly ConfigFault[] {
  if (appliedRevision < revision)
    return nackedRevision !== null && nackedRevision >= revision ? faults : [];
  return faults.filter(({ id }) => changed.has(id));
}
