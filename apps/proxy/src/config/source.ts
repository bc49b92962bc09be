import type { Kind, Resource, Spec } from '@sluice/config';

/** Where a node's configuration comes from. */
export interface ConfigSource {
  /** Begins to bring configuration. Throws when it can never work as it was set up. */
  start(): void;
  /** Once started: fulfils when what was at hand then, a file or a last good configuration, is in service or cannot be. */
  readonly settled: Promise<void>;
  /** Stops, and waits for what must not be lost. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * What a source brings its configuration to: the runtime of this process, or all workers of the node, and then the
 * outcome is a promise. A source calls one method at a time and awaits its outcome before it calls the next. It throws
 * nothing and rejects never; what does not work is in the outcome.
 */
export interface ConfigTarget {
  /** Replaces everything. Broken resources are quarantined and named, the rest is served. */
  applySnapshot(revision: number, resources: Iterable<Resource>): ApplyOutcome | Promise<ApplyOutcome>;
  /**
   * Applies all changes or none. What a refused delta contained is tried again with the next one, on top of which
   * resources that are still broken stay quarantined.
   */
  applyDelta(revision: number, changes: readonly ResourceChange[]): ApplyOutcome | Promise<ApplyOutcome>;
}

/** One resource as it is from now on; without a spec it is gone. */
export interface ResourceChange {
  readonly kind: Kind;
  readonly id: string;
  readonly spec: Spec | undefined;
}

/** What came of a revision. */
export interface ApplyOutcome {
  readonly applied: boolean;
  /** Why it was not applied. */
  readonly faults: readonly ConfigFault[];
  /** Resources kept out of service, or at their last good version, now. */
  readonly quarantined: readonly ConfigFault[];
}

/** One resource that cannot be used, and why. */
export interface ConfigFault {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** RFC 6901 JSON Pointer into the resource. */
  readonly pointer: string;
  readonly code: string;
  readonly reason: string;
}

/** Where a source tells what happens, once per change of state. */
export interface ConfigLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
