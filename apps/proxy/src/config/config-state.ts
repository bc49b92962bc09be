import type { ConfigFault } from './source.ts';

/** Where the configuration in service came from. */
export type ConfigOrigin = 'none' | 'stream' | 'last-good' | 'file';

/** What is known about the configuration of this node, at one moment. */
export interface ConfigStatus {
  readonly origin: ConfigOrigin;
  /** True while the stream is up; always false for a file. */
  readonly connected: boolean;
  /** The control plane connected to, or tried last. */
  readonly controlPlane: string;
  readonly epoch: string;
  /** The revision in service; 0 when there is none. */
  readonly revision: number;
  /** Since when nobody has confirmed that this is the newest configuration, in milliseconds; 0 when there is none. */
  readonly ageMs: number;
  readonly quarantined: readonly ConfigFault[];
  /** The newest revision that was refused, if that is newer than the one in service. */
  readonly refused: { readonly revision: number; readonly faults: readonly ConfigFault[] } | undefined;
  /** Why the stream is down, or the file could not be read; empty when all is well. */
  readonly lastError: string;
  /** True when the control plane is there and does not want this node as it is: an operator has to act. */
  readonly isRefused: boolean;
  /** Why the last good configuration could not be kept or read; empty when all is well. */
  readonly lastGoodError: string;
  /** How often, since the start: revisions refused, whole configurations asked for because of drift, connections made. */
  readonly nacks: number;
  readonly resyncs: number;
  readonly connects: number;
}

/** Collects what the sources have to say about the configuration, for readiness, metrics and the config dump. */
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
  nacks = 0;
  resyncs = 0;
  connects = 0;
  #confirmedAtMs = 0;

  /** A revision is in service. `confirmedAtMs` is when it was known to be the newest, in epoch milliseconds. */
  applied(origin: ConfigOrigin, epoch: string, revision: number, quarantined: readonly ConfigFault[], confirmedAtMs: number): void {
    this.origin = origin;
    this.epoch = epoch;
    this.revision = revision;
    this.quarantined = quarantined;
    this.refused = undefined;
    this.#confirmedAtMs = confirmedAtMs;
  }

  /** A revision was refused; the one before stays. */
  refusedRevision(revision: number, faults: readonly ConfigFault[]): void {
    this.refused = { revision, faults };
    this.nacks++;
  }

  /** The control plane has nothing newer. */
  confirmed(nowMs: number): void {
    this.#confirmedAtMs = nowMs;
  }

  describe(nowMs = Date.now()): ConfigStatus {
    const { origin, connected, controlPlane, epoch, revision, quarantined, refused, lastError, isRefused, lastGoodError, nacks, resyncs, connects } = this;
    const ageMs = origin === 'none' || origin === 'file' ? 0 : Math.max(0, nowMs - this.#confirmedAtMs);
    return { origin, connected, controlPlane, epoch, revision, ageMs, quarantined, refused, lastError, isRefused, lastGoodError, nacks, resyncs, connects };
  }
}
