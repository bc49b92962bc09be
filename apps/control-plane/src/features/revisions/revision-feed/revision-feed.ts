import { after } from '@sluice/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../platform/logger.ts';
import { ChangeReader } from './change-reader.ts';
import type { GatewayView } from './gateway-view.ts';
import { ResourceSet } from './resource-set.ts';

export interface RevisionFeedOptions {
  readonly databaseUrl: string;
  /** The database is asked at least so often; everything faster is a wake-up. */
  readonly pollMs?: number;
  /** A database that answers a query no sooner than that is taken for lost. */
  readonly queryMs?: number;
}

const reconnectMs = 500;

/**
 * Follows the revisions in the database and keeps, for every gateway, what its nodes receive. Every replica does so on
 * its own and arrives at the same. A poll of the head row is what makes it correct; NOTIFY and {@link poke} make it fast.
 * Without the database it goes on with what it has.
 */
export class RevisionFeed {
  private set: ResourceSet | undefined;
  private readonly listeners = new Set<(concerned: ReadonlySet<string>) => void>();
  private readonly pollMs: number;
  private following: Promise<void> | undefined;
  private stopped = false;
  private woken = false;
  private wake: () => void = () => undefined;
  /** Those who wait for a read that begins after they asked. */
  private readonly asked = new Set<() => void>();

  constructor(
    private readonly options: RevisionFeedOptions,
    private readonly logger: Logger,
  ) {
    this.pollMs = options.pollMs ?? 1_000;
  }

  /** Begins to follow. Does not wait for the database. */
  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.poke();
    await this.following;
  }

  /** True once the configuration was loaded for the first time. */
  get ready(): boolean {
    return this.set !== undefined;
  }

  /** The newest revision known here; 0 before there is any. */
  get revision(): number {
    return this.set?.revision ?? 0;
  }

  /** Identity of the database; empty before it is known. */
  get epoch(): string {
    return this.set?.epoch ?? '';
  }

  view(gatewayId: string): GatewayView | undefined {
    return this.set?.view(gatewayId);
  }

  gatewayId(name: string): string | undefined {
    return this.set?.gatewayId(name);
  }

  gatewayName(id: string): string | undefined {
    return this.set?.gatewayName(id);
  }

  /** There is something new in the database, or may be. Call it after every commit. */
  poke(): void {
    this.woken = true;
    this.wake();
  }

  /** Resolves once everything was read that was committed before the call; false when that takes longer. */
  async refreshed(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const read = (): void => resolve(true);
    this.asked.add(read);
    const late = after('config', timeoutMs, () => resolve(false));
    this.poke();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.asked.delete(read);
    }
  }

  /** Calls the listener with the ids of the gateways concerned, after every step forward. It must not throw. */
  onAdvance(listener: (concerned: ReadonlySet<string>) => void): void {
    this.listeners.add(listener);
  }

  private async follow(): Promise<void> {
    let reachable = true;
    while (!this.stopped) {
      try {
        await this.followConnection(() => {
          if (!reachable) this.logger.info('the config feed reaches the database again', { revision: this.revision });
          reachable = true;
        });
      } catch (error) {
        if (this.stopped) break;
        if (reachable) this.logger.warn('the config feed lost the database; nodes keep what they have', { reason: error instanceof Error ? error.message : String(error) });
        reachable = false;
        await sleep(reconnectMs);
      }
    }
  }

  private async followConnection(onReachable: () => void): Promise<void> {
    let lost: Error | undefined;
    const reader = await ChangeReader.open(
      this.options.databaseUrl,
      this.options.queryMs ?? 5_000,
      () => this.poke(),
      (error) => {
        lost ??= error;
        this.wake();
      },
    );
    try {
      while (!this.stopped) {
        // Before the read: what wakes us during it must lead to another one.
        this.woken = false;
        const served = [...this.asked];
        await this.catchUp(reader);
        onReachable();
        for (const read of served) read();
        if (!this.woken && !this.stopped && lost === undefined) await this.nap();
        if (lost !== undefined) throw lost;
      }
    } finally {
      await reader.close();
    }
  }

  private async catchUp(reader: ChangeReader): Promise<void> {
    for (;;) {
      const set = this.set ?? (await this.load(reader));
      const { head, revisions } = await reader.changesAfter(set.revision);
      if (head.epoch !== set.epoch || head.revision < set.revision) {
        this.logger.warn('the database is another one, or was set back; loading everything anew', { from: set.revision, to: head.revision });
        await this.load(reader);
        continue;
      }
      const concerned = new Set<string>();
      for (const { revision, states } of revisions) for (const id of set.apply(revision, states)) concerned.add(id);
      if (revisions.length > 0) this.announce(concerned);
      if (set.revision >= head.revision) return;
    }
  }

  private async load(reader: ChangeReader): Promise<ResourceSet> {
    const startedAt = performance.now();
    let set: ResourceSet | undefined;
    await reader.load(
      ({ epoch, revision }) => (set = new ResourceSet(epoch, revision)),
      (states) => set?.load(states),
    );
    if (set === undefined) throw new Error('nothing was loaded');
    set.loaded();
    this.set = set;
    this.logger.info('loaded the configuration', { revision: set.revision, resources: set.size, ms: Math.round(performance.now() - startedAt) });
    this.announce(new Set(set.gatewayIds()));
    return set;
  }

  private announce(concerned: ReadonlySet<string>): void {
    for (const listener of this.listeners) listener(concerned);
  }

  private nap(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.pollMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
