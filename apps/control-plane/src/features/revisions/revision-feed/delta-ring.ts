import { encodeControlFrame, encodedBytes, maxDeltaBytes } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';
import type { RevisionOrigin } from './revision-origin.ts';

/**
 * An encoded delta. `frame` is undefined when it would be too large; the node then gets a snapshot.
 */
export interface EncodedDelta {
  readonly revision: number;
  readonly frame: Buffer | undefined;
  /**
   * When the oldest revision in it was committed, on the clock of `performance.now`; undefined when
   * not known.
   */
  readonly committedAtMs: number | undefined;
  /** Of the traced writes in it, oldest first, at most the newest 32. */
  readonly traceparents: readonly string[];
}

export interface DeltaRingLimits {
  readonly deltas: number;
  readonly bytes: number;
}

const defaultLimits: DeltaRingLimits = { deltas: 1_000, bytes: 32 * 1024 * 1024 };
/**
 * The most merged deltas that are cached. Nodes that fall behind together are usually at the same
 * revision.
 */
const keptMerged = 16;
/** A span with more links helps no reader. */
const maxTraceparents = 32;

interface RingDelta {
  readonly fromRevision: number;
  readonly revision: number;
  readonly changes: readonly ResourceRecord[];
  readonly bytes: number;
  /** Hash of the set after the changes. */
  readonly setHash: Buffer;
  readonly committedAtMs: number | undefined;
  readonly traceparents: readonly string[];
  frame: Buffer | undefined;
}

/**
 * The newest deltas of a view, bounded in number and in bytes. Each is encoded once, when it is
 * first sent.
 */
export class DeltaRing {
  private readonly deltas: RingDelta[] = [];
  private readonly merged = new Map<number, EncodedDelta>();
  private bytes = 0;

  /** `oldest` is the revision before the first delta, with the hash of the set at that revision. */
  constructor(
    private oldest: { readonly revision: number; readonly setHash: Buffer },
    private readonly limits: DeltaRingLimits = defaultLimits,
  ) {}

  /** Appends the changes of one revision, which must be newer than all before. */
  append(
    revision: number,
    changes: readonly ResourceRecord[],
    setHash: Buffer,
    origin?: RevisionOrigin,
  ): void {
    const bytes = changes.reduce((sum, change) => sum + encodedBytes(change), 0);
    const fromRevision = this.deltas.at(-1)?.revision ?? this.oldest.revision;
    const traceparents = origin?.traceparent === undefined ? [] : [origin.traceparent];
    this.deltas.push({
      fromRevision,
      revision,
      changes,
      bytes,
      setHash,
      committedAtMs: origin?.committedAtMs,
      traceparents,
      frame: undefined,
    });
    this.bytes += bytes;
    this.merged.clear();
    while (this.deltas.length > this.limits.deltas || this.bytes > this.limits.bytes)
      this.dropOldest();
  }

  /**
   * Returns a ring with the newest deltas of this one, as far back as every change in them satisfies
   * the condition.
   */
  copyWhile(condition: (change: ResourceRecord) => boolean): DeltaRing {
    const last = this.deltas.findLastIndex(({ changes }) => !changes.every(condition));
    const { revision, setHash } = this.deltas[last] ?? this.oldest;
    const copy = new DeltaRing({ revision, setHash }, this.limits);
    for (const delta of this.deltas.slice(last + 1)) {
      copy.deltas.push(delta);
      copy.bytes += delta.bytes;
    }
    return copy;
  }

  /** True when a node at this revision can be brought up to date with deltas. */
  covers(revision: number): boolean {
    return revision >= this.oldest.revision;
  }

  /** Hash of the set at a revision; undefined when the ring does not cover the revision. */
  setHashAt(revision: number): Buffer | undefined {
    if (!this.covers(revision)) return undefined;
    return this.deltas[this.indexAfter(revision) - 1]?.setHash ?? this.oldest.setHash;
  }

  /**
   * The first delta after a revision; undefined when there is none. The revision must be covered.
   */
  next(revision: number): EncodedDelta | undefined {
    const delta = this.deltas[this.indexAfter(revision)];
    if (delta === undefined) return undefined;
    if (delta.bytes <= maxDeltaBytes) delta.frame ??= encode(delta, false);
    return delta;
  }

  /**
   * Merges all deltas after a revision into one, with one change per resource; undefined when there
   * are none.
   */
  merge(revision: number): EncodedDelta | undefined {
    const first = this.indexAfter(revision);
    const last = this.deltas.at(-1);
    if (last === undefined || first >= this.deltas.length) return undefined;
    if (first === this.deltas.length - 1) return this.next(revision);
    const known = this.merged.get(revision);
    if (known !== undefined) return known;
    const made = this.encodeMerged(first, last);
    if (this.merged.size < keptMerged) this.merged.set(revision, made);
    return made;
  }

  private encodeMerged(first: number, last: RingDelta): EncodedDelta {
    const changes = new Map<string, ResourceRecord>();
    for (const delta of this.deltas.slice(first))
      for (const change of delta.changes) changes.set(change.id, change);
    let bytes = 0;
    for (const change of changes.values()) bytes += encodedBytes(change);
    const fromRevision = this.deltas[first]?.fromRevision ?? 0;
    const traceparents = this.deltas
      .slice(first)
      .flatMap((delta) => delta.traceparents)
      .slice(-maxTraceparents);
    const frame =
      bytes > maxDeltaBytes
        ? undefined
        : encode({ ...last, fromRevision, changes: [...changes.values()], traceparents }, true);
    return {
      revision: last.revision,
      frame,
      committedAtMs: this.deltas[first]?.committedAtMs,
      traceparents,
    };
  }

  /** Index of the first delta after a revision. */
  private indexAfter(revision: number): number {
    let low = 0;
    let high = this.deltas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.deltas[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private dropOldest(): void {
    const dropped = this.deltas.shift();
    if (dropped === undefined) return;
    this.bytes -= dropped.bytes;
    this.oldest = { revision: dropped.revision, setHash: dropped.setHash };
  }
}

type DeltaContent = Pick<
  RingDelta,
  'fromRevision' | 'revision' | 'changes' | 'setHash' | 'traceparents'
>;

function encode(
  { fromRevision, revision, changes, setHash, traceparents }: DeltaContent,
  merged: boolean,
): Buffer {
  return encodeControlFrame({
    type: 'delta',
    fromRevision,
    revision,
    changes,
    setHash,
    merged,
    traceparents,
  });
}
