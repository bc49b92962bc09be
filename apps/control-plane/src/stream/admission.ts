import { isNodeId } from '@sluice/wire';
import type { Hello } from '@sluice/wire';
import type { NodeCapabilities } from '../features/nodes/node-capabilities.ts';
import type { ConfigView } from '../features/revisions/revision-feed/config-view.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import { StreamRefusal, tooManyViews } from './stream-refusal.ts';

/** How long to wait for a commit that a node already knows from another replica. */
const catchUpMs = 2_000;

/** A node that was admitted to its gateway's configuration. */
export interface Admitted {
  readonly gatewayId: string;
  /** Revision from which the node can resume with deltas; undefined when it needs a snapshot. */
  readonly position: number | undefined;
}

/**
 * Checks the hello of a node and determines whether it can resume or needs a snapshot.
 * @throws StreamRefusal that says what to do.
 */
export async function admit(
  hello: Hello,
  capabilities: NodeCapabilities,
  feed: RevisionFeed,
): Promise<Admitted> {
  if (!isNodeId(hello.nodeId)) {
    throw new StreamRefusal(
      'INVALID_ARGUMENT',
      'the node id must be 1 to 64 letters, digits and "._-", beginning with a letter or a digit; set SLUICE_NODE_ID',
    );
  }
  if (!feed.ready)
    throw new StreamRefusal(
      'UNAVAILABLE',
      'the control plane has not loaded the configuration yet',
    );
  const behind =
    feed.gatewayId(hello.gateway) === undefined ||
    (hello.epoch === feed.epoch && hello.revision > feed.revision);
  if (behind) await feed.refreshed(catchUpMs);
  const gatewayId = feed.gatewayId(hello.gateway);
  if (gatewayId === undefined || feed.view(gatewayId) === undefined) {
    throw new StreamRefusal(
      'NOT_FOUND',
      `there is no gateway "${hello.gateway.slice(0, 64)}": SLUICE_GATEWAY is misspelt, or the gateway was renamed or deleted; GET /v1/gateways lists the gateways; set SLUICE_GATEWAY to one of them`,
    );
  }
  requireServed(capabilities, feed);
  const view = feed.viewFor(gatewayId, capabilities);
  if (view === undefined) throw tooManyViews();
  return { gatewayId, position: canResume(hello, view) ? hello.revision : undefined };
}

/**
 * Refuses a node of a later release once there are resources of a kind that it serves and this
 * control plane does not know. The node would lose them; it keeps them and connects to another
 * replica.
 * @throws StreamRefusal
 */
export function requireServed({ kinds }: NodeCapabilities, feed: RevisionFeed): void {
  const unserved = feed.unknownKinds.filter((kind) => kinds.includes(kind));
  if (unserved.length === 0) return;
  throw new StreamRefusal(
    'UNAVAILABLE',
    `this control plane is older than the node and does not know resources that the node serves (${unserved.join(', ')}); update the control plane, or give the node the address of a newer one`,
  );
}

function canResume({ epoch, revision, setHash }: Hello, view: ConfigView): boolean {
  return revision > 0 && epoch === view.epoch && view.canResume(revision, setHash);
}
