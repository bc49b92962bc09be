import type { Database } from '../../platform/database/database.ts';
import { staleAfterMs } from './node.ts';
import type { Node } from './node.ts';
import type { RevisionConcern } from './node-outcome.ts';

interface NodeRow extends Omit<Node, 'appliedRevision' | 'nackedRevision'> {
  readonly appliedRevision: string;
  readonly nackedRevision: string | null;
}

// A node whose replica died is live until it has been silent for as long as any other.
const columns = `id, gateway AS "gatewayId", version,
  CASE WHEN state = 'live' AND last_seen_at < now() - interval '${staleAfterMs} milliseconds' THEN 'stale' ELSE state END AS state,
  applied_revision AS "appliedRevision", nacked_revision AS "nackedRevision", faults, targets,
  connected_at AS "connectedAt", last_seen_at AS "lastSeenAt"`;

/** How long a node that went away without a farewell stays in the list. */
const forgottenAfter = '1 hour';

/** The nodes of all replicas. */
export class NodeRepository {
  /** `replica` identifies this process. */
  constructor(
    private readonly database: Database,
    private readonly replica: string,
  ) {}

  /** The node is connected here from now on, whoever had it before. */
  async takeOver(node: Node): Promise<void> {
    await this.database.query(
      `INSERT INTO node (id, gateway, version, replica, state, applied_revision, faults, nacked_revision, targets, connected_at, last_seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), now())
       ON CONFLICT (id) DO UPDATE SET gateway = excluded.gateway, version = excluded.version, replica = excluded.replica,
         state = excluded.state, applied_revision = excluded.applied_revision, faults = excluded.faults,
         nacked_revision = excluded.nacked_revision, targets = excluded.targets, connected_at = now(), last_seen_at = now()`,
      [node.id, node.gatewayId, node.version, this.replica, node.state, node.appliedRevision, JSON.stringify(node.faults), node.nackedRevision, JSON.stringify(node.targets)],
    );
  }

  /**
   * Writes what is new about nodes that are connected here.
   * @returns ids of those that are no longer ours, and whether another replica has them.
   */
  async update(nodes: readonly Node[]): Promise<{ readonly id: string; readonly elsewhere: boolean }[]> {
    const given = nodes.map((node) => ({ ...node, silentMs: Math.round(Date.now() - node.lastSeenAt.getTime()) }));
    return this.database.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g(id text, state text, "appliedRevision" bigint, "nackedRevision" bigint, faults jsonb, targets jsonb, "silentMs" integer)),
       updated AS (
         UPDATE node SET state = given.state, applied_revision = "appliedRevision", nacked_revision = "nackedRevision",
           faults = given.faults, targets = given.targets, last_seen_at = now() - "silentMs" * interval '1 millisecond'
         FROM given WHERE node.id = given.id AND node.replica = $2 RETURNING node.id)
       SELECT given.id, node.id IS NOT NULL AS elsewhere FROM given LEFT JOIN node ON node.id = given.id
       WHERE given.id NOT IN (SELECT id FROM updated)`,
      [JSON.stringify(given), this.replica],
    );
  }

  /** The node said farewell. A node that another replica has by now stays. */
  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM node WHERE id = $1 AND replica = $2', [id, this.replica]);
  }

  /** Removes nodes that have been away for long. */
  async forgetLost(): Promise<void> {
    await this.database.query(`DELETE FROM node WHERE last_seen_at < now() - interval '${forgottenAfter}'`);
  }

  /** In the order of their ids. */
  async list(afterId: string | undefined, limit: number): Promise<Node[]> {
    return (await this.database.query<NodeRow>(`SELECT ${columns} FROM node WHERE $1::text IS NULL OR id > $1 COLLATE "C" ORDER BY id COLLATE "C" LIMIT $2`, [afterId ?? null, limit])).map(nodeOf);
  }

  async find(id: string): Promise<Node | undefined> {
    const [row] = await this.database.query<NodeRow>(`SELECT ${columns} FROM node WHERE id = $1`, [id]);
    return row === undefined ? undefined : nodeOf(row);
  }

  /** All nodes but these. */
  async others(ids: readonly string[]): Promise<Node[]> {
    return (await this.database.query<NodeRow>(`SELECT ${columns} FROM node WHERE id <> ALL($1::text[]) ORDER BY id COLLATE "C"`, [ids])).map(nodeOf);
  }

  /** What a revision concerns; the ids of the gateways, or null for all of them. */
  async concern(revision: number): Promise<RevisionConcern & { readonly gatewayNames: readonly string[] | null }> {
    const [row] = await this.database.query<{ gateways: string[] | null; changed: string[] }>(
      'SELECT gateways, ARRAY(SELECT resource_id FROM change WHERE change.revision = revision.revision) AS changed FROM revision WHERE revision = $1',
      [revision],
    );
    return { revision, changed: new Set(row?.changed), gatewayNames: row?.gateways ?? null };
  }
}

function nodeOf(row: NodeRow): Node {
  return { ...row, appliedRevision: Number(row.appliedRevision), nackedRevision: row.nackedRevision === null ? null : Number(row.nackedRevision) };
}
