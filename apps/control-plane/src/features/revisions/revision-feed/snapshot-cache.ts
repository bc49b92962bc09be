import { after } from '@sluice/errors';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { chunkSnapshot } from '@sluice/wire';
import type { ConfigSnapshot } from '@sluice/wire';

/** A snapshot whose frames any number of streams may send. */
export interface EncodedSnapshot {
  readonly revision: number;
  readonly frames: readonly Buffer[];
}

/** After so long without a node that asks, the bytes are let go. */
const idleMs = 10_000;

/**
 * Encodes a view's snapshot once for all nodes that ask. A slightly old one does as well, as long as the deltas since
 * are still there: a thousand nodes that come back while changes go on cost one encoding, not one per change.
 */
export class SnapshotCache {
  private current: { readonly revision: number; readonly encoded: Promise<EncodedSnapshot> } | undefined;
  private idle: NodeJS.Timeout | undefined;

  /** `take` answers the configuration as it is now; `covers` whether deltas lead on from a revision. */
  constructor(
    private readonly take: () => ConfigSnapshot,
    private readonly covers: (revision: number) => boolean,
  ) {}

  /** Rejects when a resource cannot be written; the next call tries again. */
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

/** One piece per turn of the event loop: encoding 100,000 routes must not hold up heartbeats and Admin API. */
async function encode(snapshot: ConfigSnapshot): Promise<EncodedSnapshot> {
  const frames: Buffer[] = [];
  for (const frame of chunkSnapshot(snapshot)) {
    frames.push(frame);
    await nextTurn();
  }
  return { revision: snapshot.revision, frames };
}
