import type { ConfigFault } from '@sluice/wire';

/** Where the configuration in service came from. */
export type ConfigOrigin = 'none' | 'stream' | 'last-good' | 'file';

/** The state of this node's configuration at one moment. */
export interface ConfigStatus {
  readonly origin: ConfigOrigin;
  /** True while the stream is up; always false for a file. */
  readonly connected: boolean;
  /** Address of the connected control plane, or of the last one tried. */
  readonly controlPlane: string;
  readonly epoch: string;
  /** The revision in service; 0 when there is none. */
  readonly revision: number;
  /**
   * Time since the control plane last confirmed the configuration, in milliseconds; 0 when there is
   * none.
   */
  readonly ageMs: number;
  readonly quarantined: readonly ConfigFault[];
  /** The newest refused revision, if it is newer than the one in service. */
  readonly refused:
    { readonly revision: number; readonly faults: readonly ConfigFault[] } | undefined;
  /** Why the stream is down, or the file could not be read; empty when there is no error. */
  readonly lastError: string;
  /** True when the control plane refuses this node: an operator has to act. */
  readonly isRefused: boolean;
  /** Why the last good configuration could not be written or read; empty when there is no error. */
  readonly lastGoodError: string;
  /** Counts since the start: refused revisions, snapshots requested after drift, connections. */
  readonly nacks: number;
  readonly resyncs: number;
  readonly connects: number;
}

/** Collects the state of the configuration for readiness, metrics and the config dump. */
export class ConfigState {
  origin: ConfigOrigin = 'none';
  connected = false;
  controlPlane = '';
  epoch = '';
  revision = 0;
  quarantined: readonly ConfigFault[] = [];
  refused: ConfigStatus['refused'];
  lastError = '';
  isRefused = false;
  lastGoodError = '';
  /**
   * Why the node does not serve the last good configuration: a clause for the operator. Only of
   * interest while the origin is `none`.
   */
  whyNoLastGood = 'there is no last good configuration on disk';
  nacks = 0;
  resyncs = 0;
  connects = 0;
  #confirmedAtMs = 0;

  /**
   * Records a revision in service. `confirmedAtMs` is when it was known to be the newest, in epoch
   * milliseconds.
   */
  applied(
    origin: ConfigOrigin,
    epoch: string,
    revision: number,
    quarantined: readonly ConfigFault[],
    confirmedAtMs: number,
  ): void {
    this.origin = origin;
    this.epoch = epoch;
    this.revision = revision;
    this.quarantined = quarantined;
    this.refused = undefined;
    this.#confirmedAtMs = confirmedAtMs;
  }

  /** Records a refused revision; the previous one stays in service. */
  refusedRevision(revision: number, faults: readonly ConfigFault[]): void {
    this.refused = { revision, faults };
    this.nacks++;
  }

  /** Records that the control plane has no newer revision. */
  confirmed(nowMs: number): void {
    this.#confirmedAtMs = nowMs;
  }

  describe(nowMs = Date.now()): ConfigStatus {
    const {
      origin,
      connected,
      controlPlane,
      epoch,
      revision,
      quarantined,
      refused,
      lastError,
      isRefused,
      lastGoodError,
      nacks,
      resyncs,
      connects,
    } = this;
    const ageMs =
      origin === 'none' || origin === 'file' ? 0 : Math.max(0, nowMs - this.#confirmedAtMs);
    return {
      origin,
      connected,
      controlPlane,
      epoch,
      revision,
      ageMs,
      quarantined,
      refused,
      lastError,
      isRefused,
      lastGoodError,
      nacks,
      resyncs,
      connects,
    };
  }
}
