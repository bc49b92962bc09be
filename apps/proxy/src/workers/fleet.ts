import type { Resource } from '@sluice/config';
import { MemoryStore } from '@sluice/ratelimit';
import { mergeSnapshots, type Logger, type MetricsSnapshot } from '@sluice/telemetry';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApplyOutcome, ConfigFault, ConfigTarget, ResourceChange } from '../config/source.ts';
import type { FromWorker, WorkerTargetHealth } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

export interface FleetOptions {
  readonly size: number;
  /** The file workers run. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly logger: Logger;
}

interface RefusedDelta {
  readonly revision: number;
  readonly changes: readonly ResourceChange[];
}

const startMs = 30_000;
const applyMs = 30_000;
const quickMs = 1_000;
/** A worker that ends sooner than that has not been of use: the next one waits before it tries. */
const usefulMs = 5_000;
const longestPauseMs = 5_000;

/**
 * The workers of a node. A revision counts as applied only when every one of them has applied it. A worker that ends is
 * replaced: the new one gets the configuration first and listens only then, so that nobody else notices.
 */
export class WorkerFleet implements ConfigTarget {
  readonly #options: FleetOptions;
  /** Counts for all workers when there is no Redis. */
  readonly #limits = new MemoryStore();
  readonly #workers = new Map<number, WorkerProcess>();
  /** What is in service, for workers that come later. */
  readonly #resources = new Map<string, Resource>();
  /** Deltas refused since, in order: a later worker has to refuse them, too, to be in the same state. */
  #refused: readonly RefusedDelta[] = [];
  #revision = 0;
  #quarantined: readonly ConfigFault[] = [];
  #port: number;
  #turn: Promise<void> = Promise.resolve();
  #stopping = false;
  /** What workers that have ended had counted, as far as it was known. */
  #departed: MetricsSnapshot[] = [];
  readonly #lastSeen = new Map<WorkerProcess, MetricsSnapshot>();
  #lastHealth: readonly WorkerTargetHealth[] = [];
  readonly #poll = setInterval(() => void Promise.all([this.metrics(), this.#askHealth()]), quickMs);

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** Starts all workers. Rejects when the first one cannot be started or cannot listen. */
  async start(): Promise<void> {
    for (let index = 0; index < this.#options.size; index++) await this.#startWorker(index);
  }

  get port(): number {
    return this.#port;
  }

  /** The revision in service; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  get quarantined(): readonly ConfigFault[] {
    return this.#quarantined;
  }

  get pids(): readonly number[] {
    return [...this.#workers.values()].map(({ pid }) => pid);
  }

  /** Everything in service. */
  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** {@inheritDoc ConfigTarget.applySnapshot} */
  applySnapshot(revision: number, resources: Iterable<Resource>): Promise<ApplyOutcome> {
    const list = [...resources];
    return this.#inTurn(() => this.#applySnapshot(revision, list));
  }

  /** {@inheritDoc ConfigTarget.applyDelta} */
  applyDelta(revision: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    return this.#inTurn(() => this.#applyDelta(revision, changes));
  }

  async #applySnapshot(revision: number, list: readonly Resource[]): Promise<ApplyOutcome> {
    const outcome = await this.#applyOnAll((worker) => worker.ask({ type: 'snapshot', revision, resources: list }, applyMs));
    if (!outcome.applied) return outcome;
    this.#resources.clear();
    for (const resource of list) this.#resources.set(keyOf(resource), resource);
    this.#accept(revision, outcome);
    return outcome;
  }

  async #applyDelta(revision: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    const outcome = await this.#applyOnAll((worker) => worker.ask({ type: 'delta', revision, changes }, applyMs));
    if (!outcome.applied) {
      this.#refused = [...this.#refused, { revision, changes }];
      return outcome;
    }
    for (const delta of [...this.#refused, { changes }]) for (const change of delta.changes) this.#remember(change);
    this.#accept(revision, outcome);
    return outcome;
  }

  /** What all workers have counted, those that have ended included. */
  async metrics(): Promise<MetricsSnapshot> {
    await Promise.all(
      [...this.#workers.values()].map(async (worker) => {
        const snapshot = await worker.ask({ type: 'metrics' }, quickMs).catch(() => undefined);
        if (snapshot !== undefined && !worker.isGone) this.#lastSeen.set(worker, snapshot);
      }),
    );
    return mergeSnapshots([...this.#departed, ...this.#lastSeen.values()]);
  }

  /** Health of targets as it was a second ago at most: a target is healthy when every worker thinks so. */
  get lastHealth(): readonly WorkerTargetHealth[] {
    return this.#lastHealth;
  }

  async #askHealth(): Promise<void> {
    const answers = await Promise.all([...this.#workers.values()].map((worker) => worker.ask({ type: 'health' }, quickMs).catch(() => [])));
    const merged = new Map<string, WorkerTargetHealth>();
    for (const target of answers.flat()) {
      const key = `${target.service} ${target.address}`;
      merged.set(key, { ...target, healthy: target.healthy && (merged.get(key)?.healthy ?? true) });
    }
    this.#lastHealth = [...merged.values()];
  }

  /** Has all workers finish what is under way, and ends them. */
  async drain(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    await Promise.all(
      [...this.#workers.values()].map(async (worker) => {
        await worker.ask({ type: 'drain', timeoutMs }, timeoutMs + 5_000).catch(() => undefined);
        worker.kill();
        await worker.gone;
      }),
    );
  }

  #accept(revision: number, outcome: ApplyOutcome): void {
    this.#revision = revision;
    this.#refused = [];
    this.#quarantined = outcome.quarantined;
  }

  #remember(change: ResourceChange): void {
    if (change.spec === undefined) this.#resources.delete(keyOf(change));
    else this.#resources.set(keyOf(change), { kind: change.kind, id: change.id, spec: change.spec });
  }

  async #applyOnAll(apply: (worker: WorkerProcess) => Promise<ApplyOutcome>): Promise<ApplyOutcome> {
    const outcomes = await Promise.all(
      [...this.#workers.values()].map((worker) =>
        apply(worker).catch((fault: unknown) => {
          // A worker that does not obey is replaced by one that does.
          if (!worker.isGone) worker.kill();
          this.#options.logger.warn({ worker: worker.index, error: fault }, 'a worker did not apply a revision and is replaced');
          return undefined;
        }),
      ),
    );
    const answered = outcomes.filter((outcome) => outcome !== undefined);
    const refused = answered.find((outcome) => !outcome.applied);
    return refused ?? answered[0] ?? { applied: false, faults: [noWorker], quarantined: this.#quarantined };
  }

  async #startWorker(index: number): Promise<void> {
    const { program, env, logger } = this.#options;
    const startedAt = performance.now();
    const worker = new WorkerProcess(index, program, env, (asking, message) => this.#take(asking, message));
    const deadline = setTimeout(() => worker.kill(), startMs);
    try {
      await worker.started;
      await this.#inTurn(() => this.#admit(worker));
    } catch (fault) {
      worker.kill();
      throw fault;
    } finally {
      clearTimeout(deadline);
    }
    logger.info({ worker: index, pid: worker.pid }, 'worker takes traffic');
    void worker.gone.then(() => this.#replace(worker, performance.now() - startedAt));
  }

  /** Brings a worker to the state of the others and adds it to them. No revision comes in between. */
  async #admit(worker: WorkerProcess): Promise<void> {
    if (this.#revision > 0) {
      await worker.ask({ type: 'snapshot', revision: this.#revision, resources: [...this.#resources.values()] }, applyMs);
      for (const { revision, changes } of this.#refused) await worker.ask({ type: 'delta', revision, changes }, applyMs);
    }
    this.#port = await worker.ask({ type: 'listen', port: this.#port }, startMs);
    this.#workers.set(worker.index, worker);
  }

  /** One thing at a time: applying a revision, or bringing a worker up to it. */
  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(act);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #replace(worker: WorkerProcess, livedMs: number): Promise<void> {
    this.#workers.delete(worker.index);
    const counted = this.#lastSeen.get(worker);
    this.#lastSeen.delete(worker);
    if (counted !== undefined) this.#departed = [mergeSnapshots([...this.#departed, withoutGauges(counted)])];
    if (this.#stopping) return;
    this.#options.logger.error({ worker: worker.index, pid: worker.pid }, 'a worker ended and is replaced');
    let pauseMs = livedMs < usefulMs ? 100 : 0;
    while (!this.#stopping) {
      await sleep(pauseMs);
      try {
        await this.#startWorker(worker.index);
        return;
      } catch (fault) {
        this.#options.logger.error({ worker: worker.index, error: fault }, 'a worker could not be started');
        pauseMs = Math.min(longestPauseMs, Math.max(100, pauseMs * 2));
      }
    }
  }

  #take(worker: WorkerProcess, { id, requests, cost }: Extract<FromWorker, { kind: 'take' }>): void {
    try {
      worker.tell({ kind: 'decisions', id, decisions: this.#limits.take(requests, cost) });
    } catch {
      worker.tell({ kind: 'decisions', id, decisions: undefined });
    }
  }
}

const noWorker: ConfigFault = { kind: 'node', id: '', name: '', pointer: '', code: 'no_worker', reason: 'no worker of the node is running' };

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`;
}

/** Gauges of a process that has ended say nothing any more; what it counted still happened. */
function withoutGauges(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ definition }) => definition.type !== 'gauge');
}
