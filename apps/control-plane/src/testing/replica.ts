import { randomUUID } from 'node:crypto';
import { isKind, nameOf } from '@sluice/config';
import type { Kind, SchemaRules, Spec } from '@sluice/config';
import { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import { NodeEntity } from '../features/nodes/node.entity.ts';
import { NodeRepository } from '../features/nodes/node.repository.ts';
import { NodesService } from '../features/nodes/nodes.service.ts';
import { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import { RevisionRepository } from '../features/revisions/revision.repository.ts';
import { createDataSource } from '../platform/database/data-source.ts';
import { Database } from '../platform/database/database.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import { JsonLogger } from '../platform/logger.ts';
import { ConfigStream } from '../stream/config-stream.ts';

const security = { mode: 'plaintext', allowRemote: true } as const;

/** The node token that every {@link Replica} accepts. */
export const fixtureToken = 'a-token-for-the-nodes-of-specs';

/** A log that keeps its lines in memory. */
export class KeptLog extends JsonLogger {
  readonly lines: string[];

  constructor() {
    const lines: string[] = [];
    super('info', { write: (line) => lines.push(line) });
    this.lines = lines;
  }
}

export interface ReplicaOptions {
  readonly port?: number;
  readonly maxStreams?: number;
  readonly helloMs?: number;
  /** The address to listen on; loopback by default. Another one is allowed without TLS. */
  readonly host?: string;
  /** What the nodes of other releases are sent; by default that of this release's schemas. */
  readonly rules?: SchemaRules;
}

/**
 * A replica of the control plane without its Admin API: feed, nodes and stream over real
 * connections.
 */
export class Replica {
  readonly log = new KeptLog();
  readonly feed: RevisionFeed;
  readonly nodes: NodesService;
  private readonly connected: ConnectedNodes;
  private readonly stream: ConfigStream;
  readonly database: Database;
  port = 0;

  private constructor(
    private readonly dataSource: ReturnType<typeof createDataSource>,
    databaseUrl: string,
    { port = 0, host = '127.0.0.1', rules, ...limits }: ReplicaOptions,
  ) {
    this.database = new Database(dataSource);
    this.feed = new RevisionFeed(
      { databaseUrl, ...(rules === undefined ? {} : { rules }) },
      this.log,
    );
    const repository = new NodeRepository(
      dataSource.getRepository(NodeEntity),
      this.database,
      randomUUID(),
    );
    this.connected = new ConnectedNodes(repository, this.log);
    this.nodes = new NodesService(this.feed, this.connected, repository);
    const isNodeToken = (token: string): boolean => token === fixtureToken;
    this.stream = new ConfigStream(
      { address: { host, port }, security, isNodeToken, ...limits },
      this.feed,
      this.connected,
      this.log,
    );
  }

  /** Migrates the database, loads the configuration and listens, by default on a free port. */
  static async start(databaseUrl: string, options: ReplicaOptions = {}): Promise<Replica> {
    const dataSource = createDataSource(databaseUrl, new KeptLog(), [NodeEntity]);
    await openDatabase(dataSource, 10_000, new KeptLog());
    const replica = new Replica(dataSource, databaseUrl, options);
    replica.feed.start();
    await replica.feed.refreshed(10_000);
    replica.connected.start();
    replica.port = await replica.stream.start();
    return replica;
  }

  async stop(): Promise<void> {
    await this.stream.stop();
    await this.connected.stop();
    await this.feed.stop();
    await this.dataSource.destroy();
  }

  /**
   * Commits a revision as the Admin API does and returns its number. A null spec deletes the
   * resource.
   */
  async commit(...states: { kind: Kind; id: string; spec: object | null }[]): Promise<number> {
    const revision = await this.database.transaction(async (sql) => {
      for (const { kind, id, spec } of states) {
        if (spec === null) await sql.query('DELETE FROM resource WHERE id = $1', [id]);
        else {
          await sql.query(
            'INSERT INTO resource (id, kind, name, spec) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET name = excluded.name, spec = excluded.spec',
            [id, kind, nameIn(kind, spec), JSON.stringify(spec)],
          );
        }
      }
      const changes = states.map(({ kind, id, spec }) => ({
        kind,
        id,
        name: spec === null ? '' : nameIn(kind, spec),
        before: null,
        after: spec as Spec | null,
      }));
      return new RevisionRepository().commit(
        sql,
        { actor: 'spec', requestId: 'spec' },
        changes,
        undefined,
      );
    });
    this.feed.poke();
    return revision;
  }
}

/** The name in a spec, also of kinds that this release does not know. */
function nameIn(kind: string, spec: object): string {
  return isKind(kind) ? nameOf(kind, spec as Spec) : String((spec as { name?: unknown }).name);
}
