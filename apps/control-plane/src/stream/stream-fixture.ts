/**
 * For specs: a replica of the control plane without its Admin API, a way to commit revisions, and a node that speaks the
 * protocol and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { nameOf } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';
import { createConfigStreamClient, SetHash, SnapshotAssembler } from '@sluice/wire';
import type { ControlCall, ControlFrame, Delta, Fault, Hello, NodeFrame, ResourceRecord } from '@sluice/wire';
import type { DataSource } from 'typeorm';
import { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import { NodeRepository } from '../features/nodes/node.repository.ts';
import { NodesService } from '../features/nodes/nodes.service.ts';
import { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import { RevisionRepository } from '../features/revisions/revision.repository.ts';
import { createDataSource } from '../platform/database/data-source.ts';
import { Database } from '../platform/database/database.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import { JsonLogger } from '../platform/logger.ts';
import { ConfigStream } from './config-stream.ts';

const security = { mode: 'plaintext', allowRemote: false } as const;

/** The token that replicas made here accept. */
export const fixtureToken = 'a-token-for-the-nodes-of-specs';

/** A log that only remembers. */
export class KeptLog extends JsonLogger {
  readonly lines: string[];

  constructor() {
    const lines: string[] = [];
    super('info', { write: (line) => lines.push(line) });
    this.lines = lines;
  }
}

/** A control plane replica: feed, nodes and stream over real connections. */
export class Replica {
  readonly log = new KeptLog();
  readonly feed: RevisionFeed;
  readonly nodes: NodesService;
  private readonly connected: ConnectedNodes;
  private readonly stream: ConfigStream;
  readonly database: Database;
  port = 0;

  private constructor(
    private readonly dataSource: DataSource,
    databaseUrl: string,
    port: number,
  ) {
    this.database = new Database(dataSource);
    this.feed = new RevisionFeed({ databaseUrl }, this.log);
    const repository = new NodeRepository(this.database, randomUUID());
    this.connected = new ConnectedNodes(repository, this.log);
    this.nodes = new NodesService(this.feed, this.connected, repository);
    const isNodeToken = (token: string): boolean => token === fixtureToken;
    this.stream = new ConfigStream({ address: { host: '127.0.0.1', port }, security, isNodeToken }, this.feed, this.connected, this.log);
  }

  /** Migrates the database, loads, and listens; on a free port unless told otherwise. */
  static async start(databaseUrl: string, port = 0): Promise<Replica> {
    const dataSource = createDataSource(databaseUrl, new KeptLog());
    await openDatabase(dataSource, 10_000, new KeptLog());
    const replica = new Replica(dataSource, databaseUrl, port);
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

  /** Commits one revision, as the Admin API does. A spec of null deletes. Gives its number. */
  async commit(...states: { kind: Kind; id: string; spec: object | null }[]): Promise<number> {
    const revision = await this.database.transaction(async (sql) => {
      for (const { kind, id, spec } of states) {
        if (spec === null) await sql.query('DELETE FROM resource WHERE id = $1', [id]);
        else {
          await sql.query('INSERT INTO resource (id, kind, name, spec) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET name = excluded.name, spec = excluded.spec', [
            id,
            kind,
            nameOf(kind, spec as Spec),
            JSON.stringify(spec),
          ]);
        }
      }
      const changes = states.map(({ kind, id, spec }) => ({ kind, id, name: spec === null ? '' : nameOf(kind, spec as Spec), before: null, after: spec as Spec | null }));
      return new RevisionRepository().commit(sql, { actor: 'spec', requestId: 'spec' }, changes, undefined);
    });
    this.feed.poke();
    return revision;
  }
}

export interface FixtureNodeOptions {
  readonly id?: string;
  readonly gateway?: string;
  readonly token?: string;
  /** What the node already has. */
  readonly held?: Pick<Hello, 'epoch' | 'revision' | 'setHash'>;
  /** False leaves acknowledging to the spec. */
  readonly acks?: boolean;
}

/** A node that holds what it is sent and acknowledges it. */
export class FixtureNode {
  readonly frames: ControlFrame[] = [];
  readonly records = new Map<string, ResourceRecord>();
  revision = 0;
  epoch = '';
  error: Error | undefined;
  readonly call: ControlCall;
  private readonly client;
  private readonly assembler = new SnapshotAssembler();
  private changed = Promise.withResolvers<void>();

  constructor(
    port: number,
    private readonly options: FixtureNodeOptions = {},
  ) {
    this.client = createConfigStreamClient({ address: { host: '127.0.0.1', port }, security, token: options.token ?? fixtureToken });
    this.call = this.client.connect();
    this.call.on('data', (frame: ControlFrame) => this.take(frame));
    this.call.on('error', (error: Error) => {
      this.error = error;
      this.tell();
    });
    this.call.on('end', () => this.tell());
    this.hello(options.held);
  }

  hello(held: FixtureNodeOptions['held'] = { epoch: '', revision: 0, setHash: Buffer.alloc(0) }, nodeId = this.options.id ?? 'node-1'): void {
    this.send({ type: 'hello', nodeId, gateway: this.options.gateway ?? 'default', version: '1', policies: [], appliedRevision: held.revision, nackedRevision: 0, faults: [], ...held });
  }

  send(frame: NodeFrame): void {
    this.call.write(frame);
  }

  nack(revision: number, fault: Partial<Fault>): void {
    this.send({ type: 'nack', revision, faults: [{ kind: 'route', id: '', name: '', pointer: '', code: 'broken', reason: 'broken', ...fault }] });
  }

  /** Deltas received. */
  get deltas(): Delta[] {
    return this.frames.filter((frame) => frame.type === 'delta');
  }

  /** What it would say it holds when it came back. */
  get held(): { epoch: string; revision: number; setHash: Buffer } {
    return { epoch: this.epoch, revision: this.revision, setHash: SetHash.of(this.records.values()).bytes() };
  }

  /** Resolves once the condition holds. Throws after 5 s. */
  async until(condition: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(5_000);
    while (!condition()) {
      if (late.aborted) throw new Error(`the node has seen ${JSON.stringify(this.frames.map(({ type }) => type))}, error ${this.error?.message ?? 'none'}`);
      await Promise.race([this.changed.promise, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  close(): void {
    this.call.cancel();
    this.client.close();
  }

  private take(frame: ControlFrame): void {
    this.frames.push(frame);
    if (frame.type === 'snapshot') {
      const snapshot = this.assembler.accept(frame);
      if (snapshot !== undefined) {
        this.records.clear();
        for (const record of snapshot.records) this.records.set(record.id, record);
        this.epoch = snapshot.epoch;
        this.reached(snapshot.revision);
      }
    } else if (frame.type === 'delta') {
      for (const change of frame.changes) {
        if (change.json === '') this.records.delete(change.id);
        else this.records.set(change.id, change);
      }
      this.reached(frame.revision);
    }
    this.tell();
  }

  private reached(revision: number): void {
    this.revision = revision;
    if (this.options.acks !== false) this.send({ type: 'ack', revision, quarantined: [] });
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}
