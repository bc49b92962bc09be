import type { AppliedReport, NodeFault, NodeOutcome } from './applied.ts';
import type { Node } from './node.ts';

/** What has to be known about a revision to say what became of it. */
export interface RevisionConcern {
  readonly revision: number;
  /** Ids of the resources it changed. */
  readonly changed: ReadonlySet<string>;
}

/** What became of a revision on one node. */
export function nodeOutcome(node: Node, gateway: string, { revision, changed }: RevisionConcern): NodeOutcome {
  const { id, state, appliedRevision } = node;
  const faults = blamed(node, revision, changed);
  const base = { id, gateway, state, appliedRevision };
  if (faults.length > 0) return { ...base, outcome: 'rejected', faults };
  if (appliedRevision >= revision) return { ...base, outcome: 'applied' };
  return { ...base, outcome: state === 'live' ? 'pending' : 'not-waited' };
}

/** What became of a revision on all nodes together. Nodes nobody waits for do not count. */
export function appliedReport(revision: number, nodes: readonly NodeOutcome[]): AppliedReport {
  const waited = nodes.filter(({ state }) => state === 'live');
  const any = (outcome: NodeOutcome['outcome']): boolean => waited.some((node) => node.outcome === outcome);
  return { revision, status: any('rejected') ? 'rejected' : any('pending') ? 'pending' : 'applied', nodes };
}

/**
 * Why a node does not enforce a revision: it refused it, or a later one that contained it; or it went on to a later one
 * and keeps a resource that the revision changed out of service.
 */
function blamed({ appliedRevision, nackedRevision, faults }: Node, revision: number, changed: ReadonlySet<string>): readonly NodeFault[] {
  if (appliedRevision < revision) return nackedRevision !== null && nackedRevision >= revision ? faults : [];
  return faults.filter(({ id }) => changed.has(id));
}
