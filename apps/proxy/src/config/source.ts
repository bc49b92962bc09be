import type { Kind, Resource, Spec } from '@sluice/config';
import type { ConfigFault } from '@sluice/wire';
import type { RecordStore } from './record-store.ts';

/** A source of a node's configuration. */
export interface ConfigSource {
  /** Starts to deliver configuration. Throws when its settings cannot work. */
  start(): void;
  /**
   * Fulfils when the local configuration (a file or the last good one) is applied or has failed.
   */
  readonly settled: Promise<void>;
  /** Stops, and waits until unsaved data is written. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Applies the configuration of a source: the runtime of this process, or all workers of the node,
 * which return a promise. A source awaits each outcome before its next call. The methods do not
 * throw or reject; the outcome contains the faults.
 */
export interface ConfigTarget {
  /**
   * Replaces the whole configuration. Broken resources are quarantined and reported; the rest is
   * served.
   * @param recordsOf returns the same resources as records, once `resources` was read to its end. A
   * target that keeps records shares them with the source
   */
  applySnapshot(
    revision: number,
    resources: Iterable<Resource>,
    recordsOf?: () => RecordStore,
  ): ApplyOutcome | Promise<ApplyOutcome>;
  /**
   * Applies all changes or none. The changes of a refused delta are tried again with the next one;
   * resources that are still broken then are quarantined.
   */
  applyDelta(
    revision: number,
    changes: readonly ResourceChange[],
  ): ApplyOutcome | Promise<ApplyOutcome>;
}

/** The new version of a resource; a change without a spec removes it. */
export interface ResourceChange {
  readonly kind: Kind;
  readonly id: string;
  readonly spec: Spec | undefined;
}

/** The result of applying a revision. */
export interface ApplyOutcome {
  readonly applied: boolean;
  /** Why it was not applied. */
  readonly faults: readonly ConfigFault[];
  /** Resources that are refused or kept at their last good version. */
  readonly quarantined: readonly ConfigFault[];
}

/** The log of a source: one line per change of state. */
export interface ConfigLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
