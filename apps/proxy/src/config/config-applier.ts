import { errorMessage } from '@sluice/errors';
import type { ConfigFault, ConfigSnapshot, Delta, ReceivedSnapshot } from '@sluice/wire';
import type { ConfigOrigin, ConfigState } from './config-state.ts';
import { HeldConfig } from './held-config.ts';
import { logQuarantine } from './quarantine-log.ts';
import { isFault, readRecord, readRecords } from './read-records.ts';
import type { ApplyOutcome, ConfigLog, ConfigTarget, ResourceChange } from './source.ts';

/** The node's reply to the control plane: an ack or a nack. */
export interface Verdict {
  readonly applied: boolean;
  /** Why it was not applied, or the quarantined resources. */
  readonly faults: readonly ConfigFault[];
}

export interface ConfigApplierOptions {
  readonly target: ConfigTarget;
  readonly state: ConfigState;
  readonly log: ConfigLog;
  /** Called after the configuration in service has changed. */
  readonly onApplied: () => void;
}

/**
 * Applies received revisions in order, each completely or not at all. A refused revision is still
 * held: later deltas are based on it, and a resource that is still broken then stays quarantined.
 */
export class ConfigApplier {
  readonly held = new HeldConfig();
  readonly #options: ConfigApplierOptions;
  /** Resources of `held` that this version cannot read, by id. */
  #unreadable = new Map<string, ConfigFault>();
  /**
   * The readable changes of revisions that were refused because this version cannot read all of
   * them, by id. They are applied with the next revision.
   */
  #missed = new Map<string, ResourceChange>();
  /** The state of the target is not known, so the next revision is applied as a snapshot. */
  #targetIsBehind = false;

  constructor(options: ConfigApplierOptions) {
    this.#options = options;
  }

  /** True when the held revision is in service. */
  get isUpToDate(): boolean {
    return this.held.revision > 0 && this.#options.state.refused === undefined;
  }

  /**
   * Applies a whole configuration. `confirmedAtMs` is the time when it was known to be the newest.
   * Rejects with a WireError when it is inconsistent.
   */
  async takeSnapshot(
    snapshot: ConfigSnapshot | ReceivedSnapshot,
    origin: ConfigOrigin,
    confirmedAtMs: number,
  ): Promise<Verdict> {
    this.held.replace(snapshot);
    return this.#conclude(await this.#applyWhole(), origin, confirmedAtMs);
  }

  /**
   * Applies a delta. Returns undefined and changes nothing when the result differs from the control
   * plane's set.
   */
  async takeDelta(delta: Delta): Promise<Verdict | undefined> {
    if (!this.held.follow(delta)) return undefined;
    let outcome = await this.#applyDelta(delta);
    // A merged delta is not refused because of one broken revision in it: the rest is applied.
    if (!outcome.applied && delta.merged) outcome = await this.#applyMissed(delta.revision);
    return this.#conclude(outcome, 'stream', Date.now());
  }

  /**
   * Confirms that nothing changed up to this revision. Returns false when the held set has drifted.
   */
  confirm(revision: number, setHash: Uint8Array): boolean {
    const { held } = this;
    const { state } = this.#options;
    if (!held.setHash.matches(setHash)) return false;
    held.advance(revision);
    if (this.isUpToDate) {
      state.origin = 'stream';
      state.revision = held.revision;
      state.confirmed(Date.now());
    }
    return true;
  }

  async #applyDelta({ revision, changes }: Delta): Promise<ApplyOutcome> {
    const read: ResourceChange[] = [];
    const faults: ConfigFault[] = [];
    for (const change of changes) {
      this.#unreadable.delete(change.id);
      this.#missed.delete(change.id);
      const resource = change.json === '' ? undefined : readRecord(change);
      if (resource === undefined) {
        const known = readRecord({ ...change, json: '{}' });
        if (!isFault(known)) read.push({ kind: known.kind, id: known.id, spec: undefined });
      } else if (isFault(resource)) {
        this.#unreadable.set(change.id, resource);
        faults.push(resource);
      } else read.push(resource);
    }
    if (faults.length > 0) {
      for (const change of read) this.#missed.set(change.id, change);
      return { applied: false, faults, quarantined: [] };
    }
    if (this.#targetIsBehind) return this.#applyWhole();
    const all = [...this.#missed.values(), ...read];
    this.#missed.clear();
    const outcome = await this.#guarded(() => this.#options.target.applyDelta(revision, all));
    // What was broken in a refused revision is quarantined, and does not refuse this one.
    const isOfThisRevision = new Set(read.map(({ id }) => id));
    return outcome.applied || outcome.faults.some(({ id }) => isOfThisRevision.has(id))
      ? outcome
      : this.#applyMissed(revision);
  }

  /** Applies what earlier revisions have left, and quarantines what is broken in it. */
  async #applyMissed(revision: number): Promise<ApplyOutcome> {
    if (this.#targetIsBehind) return this.#applyWhole();
    const missed = [...this.#missed.values()];
    this.#missed.clear();
    const outcome = await this.#guarded(() => this.#options.target.applyDelta(revision, missed));
    return outcome.applied || missed.length === 0 || this.#targetIsBehind
      ? outcome
      : this.#guarded(() => this.#options.target.applyDelta(revision, []));
  }

  async #applyWhole(): Promise<ApplyOutcome> {
    this.#unreadable = new Map();
    this.#missed.clear();
    const outcome = await this.#guarded(() =>
      this.#options.target.applySnapshot(
        this.held.revision,
        readRecords(this.held.records(), this.#unreadable),
        () => this.held.without(this.#unreadable.keys()),
      ),
    );
    this.#targetIsBehind = !outcome.applied;
    return outcome;
  }

  /**
   * Turns an exception of the target, which is a bug, into a refusal; the last good configuration
   * stays.
   */
  async #guarded(apply: () => ApplyOutcome | Promise<ApplyOutcome>): Promise<ApplyOutcome> {
    try {
      return await apply();
    } catch (error) {
      this.#targetIsBehind = true;
      this.#options.log.error({ err: error }, 'applying a configuration failed unexpectedly');
      const reason = errorMessage(error);
      return {
        applied: false,
        faults: [{ kind: '', id: '', name: '', pointer: '', code: 'internal_error', reason }],
        quarantined: [],
      };
    }
  }

  #conclude(outcome: ApplyOutcome, origin: ConfigOrigin, confirmedAtMs: number): Verdict {
    const { state, log, onApplied } = this.#options;
    const { epoch, revision } = this.held;
    if (!outcome.applied) {
      state.refusedRevision(revision, outcome.faults);
      log.warn(
        { revision, faults: outcome.faults.slice(0, 10) },
        'refused a revision; the last good configuration stays',
      );
      return { applied: false, faults: outcome.faults };
    }
    const quarantined = [...outcome.quarantined, ...this.#unreadable.values()];
    logQuarantine(log, revision, state.quarantined, quarantined);
    state.applied(origin, epoch, revision, quarantined, confirmedAtMs);
    this.held.applied(new Set(quarantined.map(({ id }) => id)));
    onApplied();
    return { applied: true, faults: quarantined };
  }
}
