import type { SchemaRules, Spec } from '@sluice/config';
import { after, errorMessage } from '@sluice/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../platform/logger.ts';
import { ChangeReader } from './change-reader.ts';
import type { NodeCapabilities } from '../../nodes/node-capabilities.ts';
import type { ConfigView } from './config-view.ts';
import type { GatewayView } from './gateway-view.ts';
import type { OpenSecrets } from './delivered-record.ts';
import { ResourceSet } from './resource-set.ts';

export interface RevisionFeedOptions {
  readonly databaseUrl: string;
  /** Interval of the polls. Wake-ups make the feed read earlier. */
  readonly pollMs?: number;
  /** What the nodes of other releases are sent; by default that of this release's schemas. */
  readonly rules?: SchemaRules;
  /** Decrypts the secrets of resources; without it they are delivered as they are stored. */
  readonly openSecrets?: OpenSecrets;
  /** Timeout of a query, after which the connection counts as lost. */
  readonly queryMs?: number;
}

const reconnectMs = 500;

/**
 * Follows the revisions in the database and maintains the view of every gateway. Each replica does
 * so independently, with the same result. Polling the head row makes the feed correct; NOTIFY and
 * {@link poke} make it fast. While the database is unavailable, the feed keeps its last state.
 */
export class RevisionFeed {
  private set: ResourceSet | undefined;
  private readonly listeners = new Set<(concerned: ReadonlySet<string>) => void>();
  private readonly pollMs: number;
  private following: Promise<void> | undefined;
  private stopped = false;
  private woken = false;
  private isConnected = false;
  private caughtUpAtMs = performance.now();
  private wake: () => void = () => undefined;
  /** Callbacks of {@link refreshed} calls, which wait for a read that begins after the call. */
  private readonly asked = new Set<() => void>();

  constructor(
    private readonly options: RevisionFeedOptions,
    private readonly logger: Logger,
  ) {
    this.pollMs = options.pollMs ?? 1_000;
  }

  /** Starts following. Does not wait for the database. */
  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.poke();
    await this.following;
  }

  /** True once the configuration has been loaded. */
  get ready(): boolean {
    return this.set !== undefined;
  }

  /** The newest revision that this replica has read; 0 before the first load. */
  get revision(): number {
    return this.set?.revision ?? 0;
  }

  /** Identity of the database; empty before it is known. */
  get epoch(): string {
    return this.set?.epoch ?? '';
  }

  /** True while the connection stands over which the database wakes the feed. */
  get isListening(): boolean {
    return this.isConnected;
  }

  /**
   * Milliseconds since everything that was committed had been read; it is read every second at
   * least.
   */
  get lagMs(): number {
    return performance.now() - this.caughtUpAtMs;
  }

  view(gatewayId: string): GatewayView | undefined {
    return this.set?.view(gatewayId);
  }

  /**
   * The view of a gateway for a node: without what the node does not understand or must not
   * receive. Undefined when there is no such gateway, or when it has too many views already.
   */
  viewFor(gatewayId: string, node: NodeCapabilities): ConfigView | undefined {
    return this.set?.viewFor(gatewayId, node);
  }

  /**
   * Removes views that no node has. Call it regularly, with all nodes that are connected; a view is
   * removed at the second call without a node.
   */
  removeUnusedViews(nodes: Iterable<{ gatewayId: string; capabilities: NodeCapabilities }>): void {
    this.set?.removeUnusedViews(nodes);
  }

  /** Kinds of stored resources that this release does not know. */
  get unknownKinds(): readonly string[] {
    return this.set?.unknown.kinds ?? [];
  }

  gatewayId(name: string): string | undefined {
    return this.set?.gatewayId(name);
  }

  gatewayName(id: string): string | undefined {
    return this.set?.gatewayName(id);
  }

  /**
   * The certificate resource with this name, with its key; undefined when there is none, or while
   * the configuration has not been loaded.
   * @param knownId its id, if it was found before: otherwise every resource is looked at
   */
  certificate(
    name: string,
    knownId: string | undefined,
  ): { readonly id: string; readonly spec: Spec<'certificate'> } | undefined {
    const known = knownId === undefined ? undefined : this.set?.find(knownId);
    const read = (json: string) => JSON.parse(json) as Spec<'certificate'>;
    if (known !== undefined && read(known.json).name === name)
      return { id: known.id, spec: read(known.json) };
    const found = this.set?.findByName('certificate', name);
    return found && { id: found.id, spec: read(found.json) };
  }

  /** Makes the feed read the database at once. Call it after every commit. */
  poke(): void {
    this.woken = true;
    this.wake();
  }

  /**
   * Resolves to true once all revisions committed before the call were read, or to false after
   * `timeoutMs`.
   */
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

  /**
   * Calls the listener with the ids of the affected gateways after every advance. The listener must
   * not throw.
   */
  onAdvance(listener: (concerned: ReadonlySet<string>) => void): void {
    this.listeners.add(listener);
  }

  private async follow(): Promise<void> {
    let reachable = true;
    while (!this.stopped) {
      try {
        await this.followConnection(() => {
          if (!reachable)
            this.logger.info('the config feed reaches the database again', {
              revision: this.revision,
            });
          reachable = true;
        });
      } catch (error) {
        if (this.stopped) break;
        if (reachable)
          this.logger.warn('the config feed lost the database; nodes keep what they have', {
            reason: errorMessage(error),
          });
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
    this.isConnected = true;
    try {
      while (!this.stopped) {
        // Reset before the read, so that a wake-up during the read causes another one.
        this.woken = false;
        const served = [...this.asked];
        await this.catchUp(reader);
        this.caughtUpAtMs = performance.now();
        onReachable();
        for (const read of served) read();
        if (!this.woken && !this.stopped && lost === undefined) await this.nap();
        if (lost !== undefined) throw lost;
      }
    } finally {
      this.isConnected = false;
      await reader.close();
    }
  }

  private async catchUp(reader: ChangeReader): Promise<void> {
    for (;;) {
      const set = this.set ?? (await this.load(reader));
      const { head, revisions } = await reader.changesAfter(set.revision);
      await this.learn(set, head.level, reader);
      if (head.epoch !== set.epoch || head.revision < set.revision) {
        this.logger.warn(
          'the database was replaced or restored to an earlier revision; reloading the configuration',
          { from: set.revision, to: head.revision },
        );
        await this.load(reader);
        continue;
      }
      const concerned = new Set<string>();
      for (const { revision, states, origin } of revisions)
        for (const id of set.apply(revision, states, origin)) concerned.add(id);
      if (revisions.length > 0) this.announce(concerned);
      if (set.revision >= head.revision) return;
    }
  }

  private async load(reader: ChangeReader): Promise<ResourceSet> {
    const startedAt = performance.now();
    let set: ResourceSet | undefined;
    let level = 0;
    await reader.load(
      (head) => {
        set = new ResourceSet(
          head.epoch,
          head.revision,
          undefined,
          this.options.rules,
          this.options.openSecrets,
        );
        ({ level } = head);
      },
      (states) => set?.load(states),
    );
    if (set === undefined) throw new Error('nothing was loaded');
    await this.learn(set, level, reader);
    set.loaded();
    this.set = set;
    this.logger.info('loaded the configuration', {
      revision: set.revision,
      resources: set.size,
      ms: Math.round(performance.now() - startedAt),
    });
    this.announce(new Set(set.gatewayIds()));
    return set;
  }

  /**
   * Reads what a later release has stored about its schemas, before what it has written is sent to
   * nodes.
   */
  private async learn(set: ResourceSet, level: number, reader: ChangeReader): Promise<void> {
    if (level <= set.level) return;
    const rules = await reader.rules();
    if (rules === undefined) return;
    set.useRules(rules);
    this.logger.info('a control plane of a later release uses the database', {
      schemaLevel: rules.level,
    });
    // The nodes get their views now, while these still equal those that they have.
    if (set === this.set) this.announce(new Set(set.gatewayIds()));
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
