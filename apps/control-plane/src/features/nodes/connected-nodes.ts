import { after, every, faultReason } from '@sluice/errors';
import { isDatabaseFault } from '../../platform/database/database-errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { NodeRepository, OwnNode } from './node.repository.ts';
import { NodeSession } from './node-session.ts';
import type { NodeIdentity } from './node-session.ts';
import { SerialQueue } from './serial-queue.ts';

/**
 * The shortest interval between two writes of changed rows, and the interval at which all rows are
 * written.
 */
const writeMs = 50;
const aliveMs = 1_000;
const forgetMs = 60_000;
/**
 * How long a node waits for its row. It then gets its configuration even when the database is
 * unavailable.
 */
const takeOverMs = 500;
/**
 * The shortest interval between two log lines about one duplicate id, and the most ids that are
 * tracked.
 */
const duplicateLogMs = 60_000;
const maxDuplicates = 1_000;

/**
 * The nodes that are connected to this replica. Writes their rows, from which other replicas know
 * of them.
 */
export class ConnectedNodes {
  private readonly sessions = new Map<string, NodeSession>();
  private readonly unwritten = new Set<NodeSession>();
  private readonly timers: NodeJS.Timeout[] = [];
  private next: NodeJS.Timeout | undefined;
  /** Serializes the writes, so that a row is never overwritten with an older state. */
  private readonly line = new SerialQueue();
  private readonly writeRows = (): Promise<void> => this.attempt(() => this.write());
  private readonly markSilent = (): Promise<void> =>
    this.attempt(() => this.repository.markSilent());
  private databaseFailed = false;
  /** When a duplicate of each id was last logged. */
  private readonly duplicates = new Map<string, number>();
  /** Ids of nodes whose rows the database refuses. */
  private readonly unwritable = new Set<string>();
  private news = Promise.withResolvers<void>();

  constructor(
    private readonly repository: NodeRepository,
    private readonly logger: Logger,
  ) {}

  /** Starts the timers. Call it when nodes can connect. */
  start(): void {
    this.repository.listens();
    this.timers.push(every('config', aliveMs, () => this.writeSoon(this.sessions.values())));
    this.timers.push(every('config', aliveMs, () => this.line.add(this.markSilent)));
    this.timers.push(
      every('config', forgetMs, () => this.attempt(() => this.repository.forgetLost())),
    );
  }

  /** Stops the timers and writes the rows that are still unwritten. */
  async stop(): Promise<void> {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    clearTimeout(this.next);
    await this.line.done;
    await this.writeRows();
  }

  /** All sessions. */
  values(): Iterable<NodeSession> {
    return this.sessions.values();
  }

  get(id: string): NodeSession | undefined {
    return this.sessions.get(id);
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Resolves when a node next reports a change, connects or disconnects. */
  change(): Promise<void> {
    return this.news.promise;
  }

  /**
   * Adds a node that has connected, and supersedes its older stream. `prepare` may initialise the
   * session. Resolves once other replicas can see the node; resolves to undefined when another live
   * process uses the id, at this replica or another.
   */
  async join(
    identity: NodeIdentity,
    prepare: (session: NodeSession) => void,
    onSuperseded: () => void,
  ): Promise<NodeSession | undefined> {
    const older = this.sessions.get(identity.id);
    if (older?.keepsIdFrom(identity) === true) return this.refuseDuplicate(identity.id);
    const session: NodeSession = new NodeSession(
      identity,
      () => this.changed(session),
      onSuperseded,
    );
    prepare(session);
    this.sessions.set(identity.id, session);
    if (older !== undefined) {
      this.unwritten.delete(older);
      older.onSuperseded();
    }
    let late: NodeJS.Timeout | undefined;
    const bound = new Promise<boolean>((resolve) => (late = setTimeout(resolve, takeOverMs, true)));
    const isTaken = this.takeOver(session);
    const isOurs = await Promise.race([isTaken, bound]);
    clearTimeout(late);
    if (!isOurs) {
      if (this.sessions.get(identity.id) === session) this.sessions.delete(identity.id);
      this.unwritten.delete(session);
      this.tell();
      return this.refuseDuplicate(identity.id);
    }
    // A slow database may report after the timeout that the id belongs to another process.
    void isTaken.then((isOursAfterAll) => {
      if (!isOursAfterAll && this.sessions.get(identity.id) === session) session.onSuperseded();
    });
    return session;
  }

  /** Ends a session whose stream has ended. A node that was draining is removed. */
  leave(session: NodeSession): void {
    const { id } = session.identity;
    if (this.sessions.get(id) !== session) return;
    session.ended();
    this.sessions.delete(id);
    if (session.isDraining) {
      this.unwritten.delete(session);
      this.line.add(() => this.attempt(() => this.repository.remove(id)));
    } else this.writeSoon([session]);
    this.tell();
  }

  private changed(session: NodeSession): void {
    if (this.sessions.get(session.identity.id) === session) this.writeSoon([session]);
    this.tell();
  }

  private tell(): void {
    this.news.resolve();
    this.news = Promise.withResolvers();
  }

  private writeSoon(sessions: Iterable<NodeSession>): void {
    for (const session of sessions) this.unwritten.add(session);
    if (this.unwritten.size === 0) return;
    this.next ??= after('config', writeMs, () => {
      this.next = undefined;
      this.line.add(this.writeRows);
    });
  }

  private async write(): Promise<void> {
    const sessions = [...this.unwritten];
    this.unwritten.clear();
    if (sessions.length === 0) return;
    const nodes = sessions.map(rowOf);
    try {
      await this.settle(await this.repository.update(nodes));
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      // A row that the database refuses must not prevent the others from being written.
      for (const node of nodes) await this.writeAlone(node);
    }
  }

  private async writeAlone(node: OwnNode): Promise<void> {
    try {
      await this.settle(await this.repository.update([node]));
      this.unwritable.delete(node.id);
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      if (this.unwritable.has(node.id) || this.unwritable.size >= maxDuplicates) return;
      this.unwritable.add(node.id);
      this.logger.error('the state of a node cannot be stored', {
        node: node.id,
        reason: faultReason(error),
      });
    }
  }

  /** Takes over rows that do not belong to this replica, or supersedes their sessions. */
  private async settle(
    others: readonly { readonly id: string; readonly elsewhere: boolean }[],
  ): Promise<void> {
    for (const { id, elsewhere } of others) {
      const session = this.sessions.get(id);
      if (session === undefined) continue;
      if (elsewhere || !(await this.takeOver(session))) session.onSuperseded();
    }
  }

  /**
   * False when another process has the id. True when the database is unavailable, so that the node
   * is served.
   */
  private async takeOver(session: NodeSession): Promise<boolean> {
    let isOurs = true;
    await this.attempt(async () => {
      isOurs = await this.repository.takeOver(rowOf(session));
    });
    return isOurs;
  }

  private refuseDuplicate(id: string): undefined {
    const now = performance.now();
    if (now - (this.duplicates.get(id) ?? Number.NEGATIVE_INFINITY) < duplicateLogMs) return;
    this.duplicates.delete(id);
    this.duplicates.set(id, now);
    const [oldest] = this.duplicates.keys();
    if (this.duplicates.size > maxDuplicates && oldest !== undefined)
      this.duplicates.delete(oldest);
    this.logger.warn(
      'refused a second node with the same id; set SLUICE_NODE_ID to a different id for each node',
      { node: id },
    );
  }

  /**
   * Runs `work` and logs the first of consecutive failures. The next periodic write repeats what
   * failed.
   */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.databaseFailed = false;
    } catch (error) {
      if (!this.databaseFailed)
        this.logger.warn('could not write the state of the nodes', { reason: faultReason(error) });
      this.databaseFailed = true;
    }
  }
}

function rowOf(session: NodeSession): OwnNode {
  return {
    ...session.describe(),
    bootId: session.identity.bootId ?? '',
    isConnected: session.isConnected,
  };
}
