import { Raw } from 'typeorm';
import type { Repository } from 'typeorm';
import type { Database, Sql } from '../../platform/database/database.ts';
import { comebackMs, staleAfterMs } from './node.ts';
import type { Node } from './node.ts';
import type { NodeEntity } from './node.entity.ts';
import type { RevisionConcern } from './node-outcome.ts';

interface NodeRow extends Omit<Node, 'appliedRevision' | 'nackedRevision'> {
  readonly appliedRevision: string;
  readonly nackedRevision: string | null;
}

/**
 * True for a live node that is silent too long. $1 is this replica; $2 is true once all nodes had
 * time to reconnect.
 */
const isSilent = `state = 'live' AND last_seen_at < now() - interval '${staleAfterMs} milliseconds' AND (replica = $1 OR $2)`;

const columns = `id, gateway AS "gatewayId", version, schema_level AS "schemaLevel", kinds, receives_secrets AS "receivesSecrets",
  CASE WHEN ${isSilent} THEN 'stale' ELSE state END AS state,
  applied_revision AS "appliedRevision", nacked_revision AS "nackedRevision", faults, targets,
  connected_at AS "connectedAt", last_seen_at AS "lastSeenAt"`;

/** A node's row as the replica to which it is connected writes it. */
export interface OwnNode extends Node {
  /** Identity of the node's process; empty when the node does not send one. */
  readonly bootId: string;
  /** False once its stream has ended. */
  readonly isConnected: boolean;
}

/** After this silence a process may take the id of a node that is connected to another replica. */
const takeableAfter = '3 seconds';
const maxSilentMs = 86_400_000;

/** How long a node that disconnected without draining stays in the list. */
const forgottenAfter = '1 hour';

/** The rows of the table `node`. */
export type NodeRows = Repository<NodeEntity>;

/**
 * The nodes of all replicas. Deletions use the entity. The rest is SQL: whether a node is silent
 * depends on the clock of the database and on the replica; TypeORM's upsert cannot express the
 * conditions of a takeover; all rows are updated in one statement; and the rows that waiting writes
 * read many times a second would take twice the CPU time as entities.
 */
export class NodeRepository {
  /** When this replica began to listen, in milliseconds of {@link performance.now}. */
  private listensSinceMs = Number.POSITIVE_INFINITY;

  /** `replica` identifies this process. */
  constructor(
    private readonly nodes: NodeRows,
    private readonly database: Database,
    private readonly replica: string,
  ) {}

  /**
   * Records that this replica accepts nodes. Nodes that were live when their replica stopped stay
   * live for {@link comebackMs}, so that they can reconnect before they count as stale.
   */
  listens(): void {
    this.listensSinceMs = performance.now();
  }

  /**
   * Writes that the node is connected to this replica.
   * @returns false without a change while another process with this id is connected to another
   * replica.
   */
  async takeOver(node: OwnNode): Promise<boolean> {
    const rows = await this.database.query(
      `INSERT INTO node (id, gateway, version, replica, state, applied_revision, faults, nacked_revision, targets, boot,
         schema_level, kinds, receives_secrets, connected_at, last_seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now(), now())
       ON CONFLICT (id) DO UPDATE SET gateway = excluded.gateway, version = excluded.version, replica = excluded.replica,
         schema_level = excluded.schema_level, kinds = excluded.kinds, receives_secrets = excluded.receives_secrets,
         state = excluded.state, applied_revision = excluded.applied_revision, faults = excluded.faults, boot = excluded.boot,
         nacked_revision = excluded.nacked_revision, targets = excluded.targets, is_connected = true, connected_at = now(), last_seen_at = now()
         WHERE node.replica = excluded.replica OR node.boot = excluded.boot OR NOT node.is_connected OR node.state = 'draining'
           OR node.last_seen_at < now() - interval '${takeableAfter}'
       RETURNING id`,
      [
        node.id,
        node.gatewayId,
        node.version,
        this.replica,
        node.state,
        node.appliedRevision,
        JSON.stringify(node.faults),
        node.nackedRevision,
        JSON.stringify(node.targets),
        node.bootId,
        node.schemaLevel,
        JSON.stringify(node.kinds),
        node.receivesSecrets,
      ],
    );
    return rows.length > 0;
  }

  /**
   * Updates the rows of nodes that are connected to this replica.
   * @returns ids of the nodes whose rows no longer belong to it, and whether another replica has
   * them.
   */
  async update(
    nodes: readonly OwnNode[],
  ): Promise<{ readonly id: string; readonly elsewhere: boolean }[]> {
    const given = nodes.map((node) => ({
      ...node,
      silentMs: Math.min(
        maxSilentMs,
        Math.max(0, Math.round(Date.now() - node.lastSeenAt.getTime())),
      ),
    }));
    return this.database.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g(id text, state text, "appliedRevision" bigint, "nackedRevision" bigint, faults jsonb, targets jsonb, "silentMs" integer, "isConnected" boolean)),
       updated AS (
         UPDATE node SET state = given.state, applied_revision = "appliedRevision", nacked_revision = "nackedRevision",
           faults = given.faults, targets = given.targets, is_connected = "isConnected", last_seen_at = now() - "silentMs" * interval '1 millisecond'
         FROM given WHERE node.id = given.id AND node.replica = $2 RETURNING node.id)
       SELECT given.id, node.id IS NOT NULL AS elsewhere FROM given LEFT JOIN node ON node.id = given.id
       WHERE given.id NOT IN (SELECT id FROM updated)`,
      [JSON.stringify(given), this.replica],
    );
  }

  /** Removes a node that drained and disconnected, unless another replica has taken it over. */
  async remove(id: string): Promise<void> {
    await this.nodes.delete({ id, replica: this.replica });
  }

  /**
   * Marks silent nodes as stale, so that a replica that starts later does not treat them as live.
   */
  async markSilent(): Promise<void> {
    await this.database.query(
      `UPDATE node SET state = 'stale' WHERE ${isSilent}`,
      this.silenceParameters(),
    );
  }

  /** Removes nodes that have been disconnected for {@link forgottenAfter}. */
  async forgetLost(): Promise<void> {
    await this.nodes.delete({
      lastSeenAt: Raw((column) => `${column} < now() - interval '${forgottenAfter}'`),
    });
  }

  /** Lists nodes in the order of their ids. */
  async list(afterId: string | undefined, limit: number): Promise<Node[]> {
    return (
      await this.database.query<NodeRow>(
        `SELECT ${columns} FROM node WHERE $3::text IS NULL OR id > $3 COLLATE "C" ORDER BY id COLLATE "C" LIMIT $4`,
        [...this.silenceParameters(), afterId ?? null, limit],
      )
    ).map(nodeOf);
  }

  async find(id: string): Promise<Node | undefined> {
    const [row] = await this.database.query<NodeRow>(`SELECT ${columns} FROM node WHERE id = $3`, [
      ...this.silenceParameters(),
      id,
    ]);
    return row === undefined ? undefined : nodeOf(row);
  }

  /** All nodes except those with these ids. */
  async others(ids: readonly string[]): Promise<Node[]> {
    return (
      await this.database.query<NodeRow>(
        `SELECT ${columns} FROM node WHERE id <> ALL($3::text[]) ORDER BY id COLLATE "C"`,
        [...this.silenceParameters(), ids],
      )
    ).map(nodeOf);
  }

  /** Ids of the live nodes of a gateway, in order, without those in `except`. */
  async liveIn(sql: Sql, gatewayId: string, except: readonly string[]): Promise<string[]> {
    const rows = await sql.query<{ id: string }>(
      `SELECT id FROM node WHERE gateway = $3 AND state = 'live' AND NOT (${isSilent}) AND id <> ALL($4::text[])
       ORDER BY id COLLATE "C"`,
      [...this.silenceParameters(), gatewayId, except],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * What a revision affects: the names of the gateways, null for all; and the ids of gateways that
   * it changed.
   */
  async concern(revision: number): Promise<
    RevisionConcern & {
      readonly gatewayNames: readonly string[] | null;
      readonly gatewayIds: readonly string[];
    }
  > {
    const [row] = await this.database.query<{
      gateways: string[] | null;
      changed: string[];
      own: string[];
    }>(
      `SELECT gateways, ARRAY(SELECT resource_id FROM change WHERE change.revision = revision.revision) AS changed,
         ARRAY(SELECT resource_id FROM change WHERE change.revision = revision.revision AND kind = 'gateway') AS own
       FROM revision WHERE revision = $1`,
      [revision],
    );
    return {
      revision,
      changed: new Set(row?.changed),
      gatewayNames: row?.gateways ?? null,
      gatewayIds: row?.own ?? [],
    };
  }

  private silenceParameters(): readonly [replica: string, hearsAll: boolean] {
    return [this.replica, performance.now() - this.listensSinceMs >= comebackMs];
  }
}

function nodeOf(row: NodeRow): Node {
  return {
    ...row,
    appliedRevision: Number(row.appliedRevision),
    nackedRevision: row.nackedRevision === null ? null : Number(row.nackedRevision),
  };
}
