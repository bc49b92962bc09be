import { after, every } from '@sluice/errors';
import type { Logger } from '../../platform/logger.ts';
import type { NodeRepository } from './node.repository.ts';
import { NodeSession } from './node-session.ts';
import type { NodeIdentity } from './node-session.ts';
import { WorkLine } from './work-line.ts';

/** News is written at most so often, signs of life more rarely. */
const writeMs = 50;
const aliveMs = 1_000;
const forgetMs = 60_000;
/** A node does not wait longer than that for its row: it has to get its configuration, database or not. */
const takeOverMs = 500;

/** The nodes whose streams end here, and their rows, by which every other replica knows of them. */
export class ConnectedNodes {
  private readonly sessions = new Map<string, NodeSession>();
  private readonly unwritten = new Set<NodeSession>();
  private readonly timers: NodeJS.Timeout[] = [];
  private next: NodeJS.Timeout | undefined;
  /** One write at a time: rows must not go back to what they were. */
  private readonly line = new WorkLine();
  private readonly writeRows = (): Promise<void> => this.attempt(() => this.write());
  private readonly markSilent = (): Promise<void> => this.attempt(() => this.repository.markSilent());
  private databaseFailed = false;
  private news = Promise.withResolvers<void>();

  constructor(
    private readonly repository: NodeRepository,
    private readonly logger: Logger,
  ) {}

  /** To be called when nodes can connect. */
  start(): void {
    this.repository.listens();
    this.timers.push(every('config', aliveMs, () => this.writeSoon(this.sessions.values())));
    this.timers.push(every('config', aliveMs, () => this.line.add(this.markSilent)));
    this.timers.push(every('config', forgetMs, () => this.attempt(() => this.repository.forgetLost())));
  }

  /** Writes what is still unwritten. */
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

  /** Resolves with the next thing a node says, or when one comes or goes. */
  change(): Promise<void> {
    return this.news.promise;
  }

  /**
   * A node has connected; an older stream of it is told that it was superseded. `prepare` may tell the session what is
   * known already. Resolves once other replicas can see it.
   */
  async join(identity: NodeIdentity, prepare: (session: NodeSession) => void, onSuperseded: () => void): Promise<NodeSession> {
    const older = this.sessions.get(identity.id);
    const session: NodeSession = new NodeSession(identity, () => this.changed(session), onSuperseded);
    prepare(session);
    this.sessions.set(identity.id, session);
    if (older !== undefined) {
      this.unwritten.delete(older);
      older.onSuperseded();
    }
    let late: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (late = setTimeout(resolve, takeOverMs)));
    await Promise.race([this.takeOver(session), bound]);
    clearTimeout(late);
    return session;
  }

  /** The stream of a session has ended. A node that had said it was draining is gone for good. */
  leave(session: NodeSession): void {
    const { id } = session.identity;
    if (this.sessions.get(id) !== session) return;
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
    for (const { id, elsewhere } of await this.repository.update(sessions.map((session) => session.describe()))) {
      const session = this.sessions.get(id);
      if (session === undefined) continue;
      if (elsewhere) session.onSuperseded();
      else await this.takeOver(session);
    }
  }

  private takeOver(session: NodeSession): Promise<void> {
    return this.attempt(() => this.repository.takeOver(session.describe()));
  }

  /** Rows that could not be written are written with the next sign of life. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.databaseFailed = false;
    } catch (error) {
      if (!this.databaseFailed) this.logger.warn('could not write the state of the nodes', { reason: reasonOf(error) });
      this.databaseFailed = true;
    }
  }
}

/** What the database said, rather than what a client of the Admin API would be told. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
