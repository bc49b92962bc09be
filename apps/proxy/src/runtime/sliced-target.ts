import type { Resource } from '@sluice/config';
import type { ConfigFault } from '@sluice/wire';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from '../config/source.ts';
import type { RuntimeTarget } from './apply.ts';
import type { Runtime } from './runtime.ts';

/** A delta with more changes is compiled in slices; fewer take a few milliseconds at most. */
const fewChanges = 4;

/** The target of a process that serves traffic: no revision blocks its event loop for long. */
export class SlicedTarget implements ConfigTarget {
  readonly #target: RuntimeTarget;

  constructor(target: RuntimeTarget) {
    this.#target = target;
  }

  /** {@inheritDoc RuntimeTarget.runtime} */
  get runtime(): Runtime {
    return this.#target.runtime;
  }

  /** {@inheritDoc RuntimeTarget.quarantined} */
  get quarantined(): readonly ConfigFault[] {
    return this.#target.quarantined;
  }

  /** {@inheritDoc ConfigTarget.applySnapshot} */
  applySnapshot(
    revision: number,
    resources: Iterable<Resource> | AsyncIterable<Resource>,
  ): Promise<ApplyOutcome> {
    return this.#target.applySnapshot(revision, resources);
  }

  /** {@inheritDoc ConfigTarget.applyDelta} */
  applyDelta(
    revision: number,
    changes: readonly ResourceChange[],
  ): ApplyOutcome | Promise<ApplyOutcome> {
    return changes.length <= fewChanges
      ? this.#target.applyDelta(revision, changes)
      : this.#target.applyLargeDelta(revision, changes);
  }
}
