import { errorMessage, every } from '@sluice/errors';
import { status } from '@grpc/grpc-js';
import { SnapshotAssembler, WireError } from '@sluice/wire';
import type {
  ConfigStreamClient,
  ControlCall,
  ControlFrame,
  Delta,
  NodeFrame,
  TargetHealth,
} from '@sluice/wire';
import type { ApplyFacts } from '@sluice/telemetry';
import type { ConfigApplier, Verdict } from './config-applier.ts';
import type { CredentialReport } from '../usage/credential-notes.ts';
import type { ConfigState } from './config-state.ts';
import type { ConfigLog } from './source.ts';

const statusMs = 1_000;
/** Two may come at once, such as a delta and a heartbeat. */
const framesToConfirm = 3;

/** The node's part of each status frame. */
export interface NodeReport {
  readonly draining: boolean;
  readonly targets: readonly TargetHealth[];
}

/** Records spans of deltas. It must not throw. */
export interface ApplyRecorder {
  record(facts: ApplyFacts): void;
}

export interface StreamSessionOptions {
  readonly nodeId: string;
  /** Identity of this process. */
  readonly bootId: string;
  readonly gateway: string;
  readonly version: string;
  readonly policies: readonly string[];
  /** Names of the kinds of resources that this node understands. */
  readonly kinds: readonly string[];
  /** Level of this node's schemas. */
  readonly schemaLevel: number;
  readonly report: () => NodeReport;
  /** False when others on the network could read the stream: then no hashes are sent. */
  readonly isPrivate: boolean;
  readonly takeCredentialReport?: (() => CredentialReport | undefined) | undefined;
  /** Gets back a report that may not have arrived before the stream ended. */
  readonly giveBackCredentialReport?: ((report: CredentialReport) => void) | undefined;
  readonly applier: ConfigApplier;
  readonly state: ConfigState;
  readonly log: ConfigLog;
  /**
   * The control plane sends a frame every second; after this many seconds without one the stream
   * ends.
   */
  readonly silentSeconds: number;
  /** Called with the first frame: the control plane has accepted this node. */
  readonly onAccepted: () => void;
  /** Told what became of each delta. Absent when nothing is traced. */
  readonly spans?: ApplyRecorder | undefined;
}

/** How a stream ended. */
export interface SessionEnd {
  readonly reason: string;
  /** True when the control plane refused this node: an operator has to act. */
  readonly isRefusal: boolean;
}

/** One stream from hello to its end. An error ends the stream with a reason, and never the node. */
export class StreamSession {
  readonly #options: StreamSessionOptions;
  readonly #call: ControlCall;
  readonly #client: ConfigStreamClient;
  readonly #assembler: SnapshotAssembler;
  #reason: string | undefined;
  #quietSeconds = 0;
  #isAccepted = false;
  #isApplying = false;
  /** The reports sent lately, each with the number of frames that were received since. */
  readonly #unconfirmed: { readonly report: CredentialReport; frames: number }[] = [];
  /** After drift, deltas are ignored until a snapshot begins. */
  #awaitsSnapshot = false;

  constructor(client: ConfigStreamClient, options: StreamSessionOptions) {
    this.#options = options;
    this.#client = client;
    this.#assembler = new SnapshotAssembler(undefined, () => options.applier.held.packed);
    this.#call = client.connect();
    // `run` handles errors; this listener keeps late ones from ending the process.
    this.#call.on('error', () => undefined);
  }

  /** Sends hello and handles frames in order. Resolves when the stream has ended. */
  async run(): Promise<SessionEnd> {
    let isRefusal = false;
    const ticks = every('config', statusMs, () => this.#tick());
    try {
      this.#hello(false);
      for await (const frame of this.#call as AsyncIterable<ControlFrame>) {
        this.#accept();
        this.#isApplying = true;
        await this.#take(frame);
        this.#isApplying = false;
        if (this.#reason !== undefined) break;
      }
    } catch (error) {
      isRefusal = this.#reason === undefined && refusals.has(codeOf(error));
      this.#reason ??= peerReason(error);
    } finally {
      clearInterval(ticks);
      for (const { report } of this.#unconfirmed) this.#options.giveBackCredentialReport?.(report);
      this.#call.cancel();
      this.#client.close();
    }
    return { reason: this.#reason ?? 'the control plane ended the stream', isRefusal };
  }

  /** Sends a status frame immediately. */
  sendStatus(): void {
    // Skips the frame when the control plane does not read, so that stale frames do not queue up.
    if (this.#call.writableNeedDrain) return;
    const { draining, targets } = this.#options.report();
    this.#send({
      type: 'status',
      draining,
      targets,
      appliedRevision: this.#options.state.revision,
    });
  }

  /**
   * Sends what was noted about credentials, if anything was. A report that may not have arrived is
   * sent again on the next stream; the control plane stores it once. Those of earlier releases
   * ignore it.
   */
  sendCredentialReport(): void {
    if (this.#call.writableNeedDrain) return;
    const report = this.#options.takeCredentialReport?.();
    if (report === undefined) return;
    this.#unconfirmed.push({ report, frames: 0 });
    const nowMs = Date.now();
    this.#send({
      type: 'credentialReport',
      uses: report.uses.map(({ id, usedAtMs }) => ({
        credentialId: id,
        secondsAgo: Math.max(0, Math.round((nowMs - usedAtMs) / 1_000)),
      })),
      rehashes: (this.#options.isPrivate ? report.rehashes : []).map((rehash) => ({
        credentialId: rehash.id,
        replaced: rehash.replaced,
        hash: rehash.hash,
      })),
    });
  }

  /** Ends the stream gracefully: frames that were sent still arrive. */
  close(): void {
    this.#reason ??= 'stopping';
    this.#call.end();
  }

  /** Cancels the stream immediately. */
  cut(): void {
    this.#call.cancel();
  }

  #hello(fromScratch: boolean): void {
    const { nodeId, bootId, gateway, version, policies, kinds, schemaLevel } = this.#options;
    const { state } = this.#options;
    const { held } = this.#options.applier;
    this.#send({
      type: 'hello',
      nodeId,
      bootId,
      gateway,
      version,
      policies,
      kinds,
      schemaLevel,
      epoch: fromScratch ? '' : held.epoch,
      revision: fromScratch ? 0 : held.revision,
      setHash: held.setHash.bytes(),
      appliedRevision: state.revision,
      nackedRevision: state.refused?.revision ?? 0,
      faults: [...(state.refused?.faults ?? []), ...state.quarantined],
    });
  }

  #accept(): void {
    this.#quietSeconds = 0;
    this.#confirmReports();
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    this.#options.onAccepted();
  }

  /**
   * A frame may have been sent before a report was read. Heartbeats are a second apart, so a few
   * frames after a report show that it has arrived.
   */
  #confirmReports(): void {
    for (const each of this.#unconfirmed) each.frames++;
    while ((this.#unconfirmed[0]?.frames ?? 0) >= framesToConfirm) this.#unconfirmed.shift();
  }

  async #take(frame: ControlFrame): Promise<void> {
    const { applier, log } = this.#options;
    if (frame.type === 'snapshot') {
      this.#awaitsSnapshot = false;
      const snapshot = this.#assembler.accept(frame);
      if (snapshot !== undefined)
        this.#answer(snapshot.revision, await applier.takeSnapshot(snapshot, 'stream', Date.now()));
      return;
    }
    if (this.#assembler.busy)
      throw new WireError(`a ${frame.type} frame arrived inside a snapshot`);
    if (frame.type === 'drain') this.#reason = `the control plane is draining: ${frame.reason}`;
    else if (frame.type === 'unknown')
      log.warn(
        {},
        'the control plane sent a frame that this version does not know; update this node',
      );
    else if (this.#awaitsSnapshot) return;
    else if (frame.type === 'delta') {
      const verdict = await this.#takeDelta(frame);
      if (verdict === undefined) this.#resynchronise(frame.revision);
      else this.#answer(frame.revision, verdict);
    } else if (!applier.confirm(frame.revision, frame.setHash)) this.#resynchronise(frame.revision);
  }

  async #takeDelta(delta: Delta): Promise<Verdict | undefined> {
    const { applier, spans, gateway, nodeId } = this.#options;
    const { revision, changes, traceparents = [] } = delta;
    if (spans === undefined || traceparents.length === 0) return applier.takeDelta(delta);
    const startTimeMs = Date.now();
    const startedAt = performance.now();
    const verdict = await applier.takeDelta(delta);
    spans.record({
      revision,
      gateway,
      node: nodeId,
      changes: changes.length,
      traceparents,
      outcome: verdict === undefined ? 'drifted' : verdict.applied ? 'applied' : 'refused',
      faultCode: verdict?.faults[0]?.code,
      startTimeMs,
      durationMs: performance.now() - startedAt,
    });
    return verdict;
  }

  #answer(revision: number, { applied, faults }: Verdict): void {
    this.#send(
      applied ? { type: 'ack', revision, quarantined: faults } : { type: 'nack', revision, faults },
    );
  }

  /** The held set has drifted from the control plane's: requests a snapshot. */
  #resynchronise(revision: number): void {
    const { state, log, applier } = this.#options;
    state.resyncs++;
    this.#awaitsSnapshot = true;
    log.warn(
      { revision, held: applier.held.revision },
      'the configuration has drifted; asking for a snapshot',
    );
    this.#hello(true);
  }

  #tick(): void {
    // While a large configuration is applied, frames of the control plane are not read.
    this.#quietSeconds = this.#isApplying ? 0 : this.#quietSeconds + 1;
    const { silentSeconds } = this.#options;
    if (this.#quietSeconds > silentSeconds) {
      this.#reason ??= `the control plane sent nothing for ${silentSeconds} seconds`;
      this.#call.cancel();
    } else if (this.#isAccepted) {
      this.sendStatus();
      this.sendCredentialReport();
    }
  }

  #send(frame: NodeFrame): void {
    if (!this.#call.writableEnded && !this.#call.destroyed) this.#call.write(frame);
  }
}

const refusals: ReadonlySet<unknown> = new Set([
  status.INVALID_ARGUMENT,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.ABORTED,
  status.RESOURCE_EXHAUSTED,
  status.UNIMPLEMENTED,
]);

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/**
 * gRPC ends the description of a failed connection with this label, also when it has no note.
 */
const emptyNote = /\.? ?Resolution note: *$/;

/** The peer's message, without gRPC's prefix, or the network error. */
function peerReason(error: unknown): string {
  const details = error instanceof Error && 'details' in error ? error.details : undefined;
  const reason = typeof details === 'string' && details !== '' ? details : errorMessage(error);
  return reason.replace(emptyNote, '');
}
