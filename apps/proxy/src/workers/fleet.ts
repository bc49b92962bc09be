import { after, every } from '@sluice/errors';
import type { Resource } from '@sluice/config';
import { MemoryStore } from '@sluice/ratelimit';
import {
  mergeSnapshots,
  metricDefinitions,
  MetricsRegistry,
  type MetricsSnapshot,
} from '@sluice/telemetry';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigFault, TargetHealth } from '@sluice/wire';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from '../config/source.ts';
import type { RecordStore } from '../config/record-store.ts';
import { limitStoreOptions } from '../limits/limit-store-options.ts';
import { CredentialNotes } from '../usage/credential-notes.ts';
import type { FleetOptions } from './fleet-options.ts';
import { InService } from './in-service.ts';
import type { NodeCertificates, TlsPort } from './messages.ts';
import { applyMs, sendSnapshot, takeRecords } from './send-snapshot.ts';
import { WorkerLimits } from './worker-limits.ts';
import { WorkerProcess } from './worker-process.ts';

const startMs = 30_000;
/** How long a revision waits for a running worker. */
const workerMs = 30_000;
const quickMs = 1_000;
const workerPollMs = 50;
/** After a worker that ended sooner than this, the next start waits. */
const steadyMs = 5_000;
const longestPauseMs = 5_000;

/**
 * The workers of a node. A revision counts as applied when every worker has applied it. A worker
 * that ends is replaced: the new one receives the configuration before it listens, so that clients
 * notice nothing but the lost connections.
 */
export class WorkerFleet implements ConfigTarget {
  readonly #options: FleetOptions;
  /** The limits of all workers when there is no Redis. */
  readonly #limits: MemoryStore;
  /** The metrics of the limits; the workers count everything else. */
  readonly #registry = new MetricsRegistry();
  /** What all workers have noted. */
  readonly credentialNotes: CredentialNotes;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #inService = new InService();
  #revision = 0;
  #quarantined: readonly ConfigFault[] = [];
  #port: number;
  #tlsPort: number | undefined;
  readonly #ticketKeys = randomBytes(48);
  #certificates: NodeCertificates;
  #turn: Promise<void> = Promise.resolve();
  #stopping = false;
  #listens = false;
  /** The last known counts of workers that have ended. */
  #departed: MetricsSnapshot[] = [];
  readonly #lastSeen = new Map<WorkerProcess, MetricsSnapshot>();
  #lastHealth: readonly TargetHealth[] = [];
  #serverCertificates = 0;
  readonly #poll = every('workers', quickMs, () =>
    Promise.all([this.metrics(), this.#askHealth()]),
  );

  constructor(options: FleetOptions) {
    this.#options = options;
    this.credentialNotes = new CredentialNotes((options.env['SLUICE_CONFIG_FILE'] ?? '') === '');
    const limitKeys = this.#registry.gauge(metricDefinitions.limitKeys);
    const tableFull = this.#registry.counter(metricDefinitions.limitTableFull).series();
    this.#limits = new MemoryStore(
      limitStoreOptions({ logger: options.logger, tableFull, isFirst: true }),
    );
    const usesDropped = this.#registry.counter(metricDefinitions.credentialUsesDropped).series();
    this.#registry.onCollect(() => {
      limitKeys.set(this.#limits.size);
      usesDropped.add(this.credentialNotes.dropped - usesDropped.value);
    });
    this.#port = options.port;
    this.#tlsPort = options.tlsPort;
    this.#certificates = options.certificates ?? { server: undefined, client: {} };
  }

  /** Starts all workers. Rejects when one of them cannot start. */
  async start(): Promise<void> {
    for (let index = 0; index < this.#options.size; index++) await this.#startWorker(index);
  }

  /** Tells all current and future workers to listen. Rejects when the port is not available. */
  async listen(): Promise<void> {
    await this.#inTurn(async () => {
      this.#listens = true;
      for (const worker of this.#workers.values()) await this.#listenOn(worker);
    });
  }

  get port(): number {
    return this.#port;
  }

  /** The port for TLS; undefined without one. */
  get tlsPort(): number | undefined {
    return this.#tlsPort;
  }

  /**
   * Gives all current and future workers other certificates, which the node has already checked.
   */
  async setCertificates(certificates: NodeCertificates): Promise<void> {
    await this.#inTurn(async () => {
      this.#certificates = certificates;
      await Promise.all(
        [...this.#workers.values()].map((worker) =>
          worker.ask({ type: 'certificates', certificates }, startMs).catch(() => worker.kill()),
        ),
      );
    });
  }

  get #tls(): TlsPort | undefined {
    if (this.#tlsPort === undefined) return undefined;
    return { port: this.#tlsPort, ticketKeys: this.#ticketKeys };
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
    return this.#inService.resources();
  }

  /** {@inheritDoc ConfigTarget.applySnapshot} */
  async applySnapshot(
    revision: number,
    resources: Iterable<Resource>,
    recordsOf?: () => RecordStore,
  ): Promise<ApplyOutcome> {
    const records = await takeRecords(resources, this.#inService.packed, recordsOf);
    const outcome = await this.#applyOnAll(
      { revision, isSnapshot: true, send: (worker) => sendSnapshot(worker, revision, records) },
      ({ quarantined }) => this.#inService.replace(records, quarantined),
    );
    return outcome ?? { applied: false, faults: [noWorker], quarantined: this.#quarantined };
  }

  /**
   * {@inheritDoc ConfigTarget.applyDelta}
   * Rejects when no worker is running: the source then has to send a snapshot next.
   */
  async applyDelta(revision: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    const outcome = await this.#applyOnAll(
      {
        revision,
        isSnapshot: false,
        send: (worker) => worker.ask({ type: 'delta', revision, changes }, applyMs),
      },
      ({ applied, quarantined }) => {
        if (applied) this.#inService.change(changes, quarantined);
        else this.#inService.refuse(changes);
      },
    );
    if (outcome === undefined) throw new Error(noWorker.reason);
    return outcome;
  }

  /** The metrics of all workers, those that have ended included. */
  async metrics(): Promise<MetricsSnapshot> {
    await Promise.all(
      [...this.#workers.values()].map(async (worker) => {
        const snapshot = await worker.ask({ type: 'metrics' }, quickMs).catch(() => undefined);
        if (snapshot !== undefined && !worker.isGone) this.#lastSeen.set(worker, snapshot);
      }),
    );
    return mergeSnapshots([
      ...this.#departed,
      ...this.#lastSeen.values(),
      this.#registry.snapshot(),
    ]);
  }

  /**
   * Health of targets, at most a second old: a target is healthy when every worker reports it so.
   */
  get lastHealth(): readonly TargetHealth[] {
    return this.#lastHealth;
  }

  /** The server certificates that every worker has, at most a second old. */
  get serverCertificates(): number {
    return this.#serverCertificates;
  }

  async #askHealth(): Promise<void> {
    const answers = await Promise.all(
      [...this.#workers.values()].map((worker) =>
        worker.ask({ type: 'health' }, quickMs).catch(() => undefined),
      ),
    );
    const known = answers.filter((answer) => answer !== undefined);
    for (const { credentials } of known)
      if (credentials !== undefined) this.credentialNotes.add(credentials);
    const merged = new Map<string, TargetHealth>();
    for (const target of known.flatMap(({ targets }) => targets)) {
      const key = `${target.service} ${target.address}`;
      merged.set(key, { ...target, healthy: target.healthy && (merged.get(key)?.healthy ?? true) });
    }
    this.#lastHealth = [...merged.values()];
    const counts = known.map(({ serverCertificates }) => serverCertificates);
    this.#serverCertificates = counts.length === 0 ? 0 : Math.min(...counts);
  }

  /** Tells all workers to finish the requests in flight, and ends them. */
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

  /** Applies a revision in all workers; undefined when none is running before the deadline. */
  async #applyOnAll(
    request: ApplyRequest,
    record: (outcome: ApplyOutcome) => void,
  ): Promise<ApplyOutcome | undefined> {
    const deadlineMs = performance.now() + workerMs;
    while (!this.#stopping) {
      const outcome = await this.#inTurn(() => this.#applyNow(request, record));
      if (outcome !== undefined || performance.now() > deadlineMs) return outcome;
      // All workers are being replaced: the new ones start at the previous revision and are asked
      // again.
      await sleep(workerPollMs);
    }
    return undefined;
  }

  async #applyNow(
    request: ApplyRequest,
    record: (outcome: ApplyOutcome) => void,
  ): Promise<ApplyOutcome | undefined> {
    const outcomes = await Promise.all(
      [...this.#workers.values()].map((worker) =>
        request.send(worker).catch((fault: unknown) => {
          // A worker that does not apply a revision is replaced.
          if (!worker.isGone) worker.kill();
          this.#options.logger.warn(
            { worker: worker.index, error: fault },
            'a worker did not apply a revision and is replaced',
          );
          return undefined;
        }),
      ),
    );
    const answered = outcomes.filter((outcome) => outcome !== undefined);
    const outcome = answered.find(({ applied }) => !applied) ?? answered[0];
    if (outcome === undefined) return undefined;
    if (outcome.applied) {
      this.#revision = request.revision;
      this.#quarantined = outcome.quarantined;
    }
    if (outcome.applied || !request.isSnapshot) record(outcome);
    return outcome;
  }

  async #startWorker(index: number): Promise<void> {
    const { program, env, size } = this.#options;
    const startedAt = performance.now();
    const limits = new WorkerLimits(this.#limits, size, (answer) => worker.answerLimit(answer));
    const worker = new WorkerProcess(
      index,
      program,
      env,
      (question) => limits.hear(question),
      size,
    );
    void worker.gone.then(() => limits.end());
    const deadline = after('workers', startMs, () => worker.kill());
    try {
      await worker.started;
      // From here on each request to the worker has its own timeout.
      clearTimeout(deadline);
      await this.#inTurn(() => this.#admit(worker));
    } catch (fault) {
      clearTimeout(deadline);
      worker.kill();
      throw fault;
    }
    void worker.gone.then(() => this.#replace(worker, performance.now() - startedAt));
  }

  /**
   * Brings a worker to the state of the others and adds it to the fleet; no revision runs in
   * between.
   */
  async #admit(worker: WorkerProcess): Promise<void> {
    // First, because services may refer to them.
    await worker.ask({ type: 'certificates', certificates: this.#certificates }, startMs);
    if (this.#revision > 0) {
      const { snapshot, deltas } = this.#inService.catchUp();
      const { applied, faults } = await sendSnapshot(worker, this.#revision, snapshot);
      if (!applied)
        throw new Error(
          `a worker refused the configuration that the others serve: ${JSON.stringify(faults.slice(0, 3))}`,
        );
      for (const changes of deltas)
        await worker.ask({ type: 'delta', revision: this.#revision, changes }, applyMs);
    }
    if (this.#stopping) throw new Error('the node is stopping');
    if (this.#listens) await this.#listenOn(worker);
    this.#workers.set(worker.index, worker);
  }

  async #listenOn(worker: WorkerProcess): Promise<void> {
    this.#port = await worker.ask({ type: 'listen', port: this.#port }, startMs);
    const tls = this.#tls;
    if (tls !== undefined) this.#tlsPort = await worker.ask({ type: 'listenTls', tls }, startMs);
    this.#options.logger.info({ worker: worker.index, pid: worker.pid }, 'worker takes traffic');
  }

  /** Runs one operation at a time: applying a revision, or admitting a worker. */
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
    if (counted !== undefined)
      this.#departed = [mergeSnapshots([...this.#departed, withoutGauges(counted)])];
    if (this.#stopping) return;
    this.#options.logger.error(
      { worker: worker.index, pid: worker.pid },
      'a worker ended and is replaced',
    );
    let pauseMs = livedMs < steadyMs ? 100 : 0;
    while (!this.#stopping) {
      await sleep(pauseMs);
      try {
        await this.#startWorker(worker.index);
        return;
      } catch (fault) {
        this.#options.logger.error(
          { worker: worker.index, error: fault },
          'a worker could not be started',
        );
        pauseMs = Math.min(longestPauseMs, Math.max(100, pauseMs * 2));
      }
    }
  }
}

interface ApplyRequest {
  readonly revision: number;
  readonly isSnapshot: boolean;
  send(worker: WorkerProcess): Promise<ApplyOutcome>;
}

const noWorker: ConfigFault = {
  kind: 'node',
  id: '',
  name: '',
  pointer: '',
  code: 'no_worker',
  reason: 'no worker of the node is running',
};

/** Removes the gauges of a process that has ended; its counters stay valid. */
function withoutGauges(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ definition }) => definition.type !== 'gauge');
}
