import { Injectable } from '@nestjs/common';

/** Tells whoever feeds the nodes that this process has just committed a revision, sooner than the database's NOTIFY does. */
@Injectable()
export class RevisionSignal {
  private readonly listeners = new Set<(revision: number) => void>();

  /** Calls the listener after every commit. It must not throw. Returns what stops that. */
  onCommitted(listener: (revision: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  committed(revision: number): void {
    for (const listener of this.listeners) listener(revision);
  }
}
