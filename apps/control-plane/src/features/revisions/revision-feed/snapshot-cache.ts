import { after } from '@sluice/errors';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { chunkSnapshot } from '@sluice/wire';
import type { ConfigSnapshot } from '@sluice/wire';

/** An encoded snapshot, whose frames any number of streams may send. */
export interface EncodedSnapshot {
  readonly revision: number;
  readonly frames: readonly Buffer[];
}

/** How long an unused snapshot is cached. */
const idleMs = 10_000;

/**
 * Encodes a view's snapshot once for all nodes. An older snapshot is reused while deltas lead from
 * it to the newest revision, so a thousand nodes that reconnect during changes cost one encoding.
 */
export class SnapshotCache {
  private current:
    { readonly revision: number; readonly encoded: Promise<EncodedSnapshot> } | undefined;
  private idle: NodeJS.Timeout | undefined;

  /**
   * `take` returns the current configuration; `covers` is true when deltas lead from a revision to
   * the newest.
   */
  constructor(
    private readonly take: () => ConfigSnapshot,
    private readonly covers: (revision: number) => boolean,
  ) {}

  /** Returns the snapshot. Rejects when a resource cannot be encoded; the next call tries again. */
  get(): Promise<EncodedSnapshot> {
    clearTimeout(this.idle);
    this.idle = after('config', idleMs, () => (this.current = undefined)).unref();
    if (this.current === undefined || !this.covers(this.current.revision)) {
      const snapshot = this.take();
      const encoded = encode(snapshot);
      this.current = { revision: snapshot.revision, encoded };
      encoded.catch(() => (this.current = undefined));
    }
    return this.current.encoded;
  }
}

/**
 * Encodes one chunk per turn of the event loop, so that large snapshots do not delay heartbeats and
 * requests.
 */
async function encode(snapshot: ConfigSnapshot): Promise<EncodedSnapshot> {
  const frames: Buffer[] = [];
  for (const frame of chunkSnapshot(snapshot)) {
    frames.push(frame);
    await nextTurn();
  }
  return { revision: snapshot.revision, frames };
}
