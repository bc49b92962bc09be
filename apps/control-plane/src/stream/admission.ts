import { isNodeId } from '@sluice/wire';
import type { Hello } from '@sluice/wire';
import type { GatewayView } from '../features/revisions/revision-feed/gateway-view.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import { StreamRefusal } from './stream-refusal.ts';

/** A node may know of a commit before this replica does. */
const catchUpMs = 2_000;

/** A node that may have its configuration, and from where on. */
export interface Admitted {
  readonly gatewayId: string;
  /** Revision of the set the node holds and can go on from; undefined when it needs a snapshot. */
  readonly position: number | undefined;
}

/**
 * Checks what a node says about itself and finds out what it lacks.
 * @throws StreamRefusal that says what to do about it.
 */
export async function admit(hello: Hello, feed: RevisionFeed): Promise<Admitted> {
  if (!isNodeId(hello.nodeId)) {
    throw new StreamRefusal('INVALID_ARGUMENT', 'the node id must be 1 to 64 letters, digits and "._-", beginning with a letter or digit; set SLUICE_NODE_ID');
  }
  if (!feed.ready) throw new StreamRefusal('UNAVAILABLE', 'the control plane has not loaded the configuration yet');
  const behind = feed.gatewayId(hello.gateway) === undefined || (hello.epoch === feed.epoch && hello.revision > feed.revision);
  if (behind) await feed.refreshed(catchUpMs);
  const gatewayId = feed.gatewayId(hello.gateway);
  const view = gatewayId === undefined ? undefined : feed.view(gatewayId);
  if (gatewayId === undefined || view === undefined) {
    throw new StreamRefusal('NOT_FOUND', `there is no gateway "${hello.gateway.slice(0, 64)}"; create it with POST /v1/gateways, or set SLUICE_GATEWAY to one that exists`);
  }
  return { gatewayId, position: canGoOn(hello, view) ? hello.revision : undefined };
}

function canGoOn({ epoch, revision, setHash }: Hello, view: GatewayView): boolean {
  return revision > 0 && epoch === view.epoch && view.canResume(revision, setHash);
}
