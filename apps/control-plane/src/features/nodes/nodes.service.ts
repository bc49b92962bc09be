import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sql } from '../../platform/database/database.ts';
import type { RevisionFeed } from '../revisions/revision-feed/revision-feed.ts';
import { AppliedStatus } from './applied.ts';
import type { AppliedReport, NodeOutcome } from './applied.ts';
import type { ConnectedNodes } from './connected-nodes.ts';
import type { Node } from './node.ts';
import { appliedReport, nodeOutcome } from './node-outcome.ts';
import type { RevisionConcern } from './node-outcome.ts';
import type { NodeRepository } from './node.repository.ts';

/**
 * While a write waits: how often to read the rows of other replicas, and how often to check nodes
 * here for silence.
 */
const otherReplicasMs = 25;
const silenceMs = 250;

/** A node as the Admin API shows it. */
export type PresentedNode = Omit<Node, 'gatewayId'> & { readonly gateway: string };

interface Concern extends RevisionConcern {
  /** Undefined when the revision affects all gateways. */
  readonly gatewayIds: ReadonlySet<string> | undefined;
}

/** Reports on all nodes: on those connected here from their sessions, on others from their rows. */
export class NodesService extends AppliedStatus {
  constructor(
    private readonly feed: RevisionFeed,
    private readonly connected: ConnectedNodes,
    private readonly repository: NodeRepository,
  ) {
    super();
  }

  /** @inheritDoc */
  override async wait(revision: number, timeoutMs: number): Promise<AppliedReport> {
    const deadline = performance.now() + timeoutMs;
    // The feed must reach the revision first, because it maps the affected gateways' names to ids.
    if (this.feed.revision < revision) await this.feed.refreshed(timeoutMs);
    const concern = await this.concern(revision);
    for (;;) {
      const change = this.connected.change();
      const late = performance.now() >= deadline;
      // While a node here has not answered, the rows of other nodes need not be read.
      const answersMissing = this.answersMissingHere(concern);
      if (!answersMissing || late) {
        const report = appliedReport(revision, [
          ...this.outcomesHere(concern),
          ...(await this.outcomesElsewhere(concern)),
        ]);
        if (report.status !== 'pending' || late) return report;
      }
      await pause(
        Math.min(
          answersMissing ? silenceMs : otherReplicasMs,
          Math.max(0, deadline - performance.now()),
        ),
        change,
      );
    }
  }

  /** @inheritDoc */
  override async status(revision: number): Promise<AppliedReport> {
    const concern = await this.concern(revision);
    return appliedReport(revision, [
      ...this.outcomesHere(concern),
      ...(await this.outcomesElsewhere(concern)),
    ]);
  }

  /** Lists nodes in the order of their ids. */
  async list(afterId: string | undefined, limit: number): Promise<PresentedNode[]> {
    return (await this.repository.list(afterId, limit)).map((node) => this.present(node));
  }

  async find(id: string): Promise<PresentedNode | undefined> {
    const node = await this.repository.find(id);
    return node === undefined ? undefined : this.present(node);
  }

  /**
   * Ids of the live nodes of a gateway, at all replicas. `sql` is the transaction of the caller, so
   * that a write needs no second connection of the pool.
   */
  async liveIn(sql: Sql, gatewayId: string): Promise<string[]> {
    const here = [...this.connected.values()].map((session) => session.describe());
    const liveHere = here.filter((node) => node.gatewayId === gatewayId && node.state === 'live');
    const elsewhere = await this.repository.liveIn(
      sql,
      gatewayId,
      here.map(({ id }) => id),
    );
    return [...liveHere.map(({ id }) => id), ...elsewhere].sort();
  }

  private async concern(revision: number): Promise<Concern> {
    const { changed, gatewayNames, gatewayIds } = await this.repository.concern(revision);
    const named = gatewayNames
      ?.map((name) => this.feed.gatewayId(name))
      .filter((id) => id !== undefined);
    // A deleted gateway has no name any more but may still have nodes.
    return {
      revision,
      changed,
      gatewayIds: named === undefined ? undefined : new Set([...named, ...gatewayIds]),
    };
  }

  private answersMissingHere({ revision, gatewayIds }: Concern): boolean {
    let missing = false;
    for (const session of this.connected.values()) {
      if (gatewayIds?.has(session.identity.gatewayId) === false) continue;
      if (session.hasRefused(revision)) return false;
      missing ||= session.owesAnswerTo(revision);
    }
    return missing;
  }

  private outcomesHere(concern: Concern): NodeOutcome[] {
    return this.outcomes(
      [...this.connected.values()].map((session) => session.describe()),
      concern,
    );
  }

  private async outcomesElsewhere(concern: Concern): Promise<NodeOutcome[]> {
    const here = [...this.connected.values()].map(({ identity }) => identity.id);
    return this.outcomes(await this.repository.others(here), concern);
  }

  private outcomes(nodes: readonly Node[], concern: Concern): NodeOutcome[] {
    return nodes
      .filter(({ gatewayId }) => concern.gatewayIds?.has(gatewayId) ?? true)
      .map((node) => nodeOutcome(node, this.gatewayName(node.gatewayId), concern));
  }

  /** Prefers the session of a node that is connected here, because it is newer than the row. */
  private present(row: Node): PresentedNode {
    const { gatewayId, ...node } = this.connected.get(row.id)?.describe() ?? row;
    return { ...node, gateway: this.gatewayName(gatewayId) };
  }

  private gatewayName(id: string): string {
    return this.feed.gatewayName(id) ?? id;
  }
}

async function pause(ms: number, change: Promise<void>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (late = setTimeout(resolve, ms)));
  await Promise.race([change, timeout]);
  clearTimeout(late);
  // The answers of many nodes may arrive in one turn of the event loop; this handles them together.
  await nextTurn();
}
