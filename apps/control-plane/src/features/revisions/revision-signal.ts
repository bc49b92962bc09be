import { Injectable } from '@nestjs/common';

/**
 * Notifies the revision feed of commits by this process, before NOTIFY arrives from the database.
 */
@Injectable()
export class RevisionSignal {
  private readonly listeners = new Set<(revision: number) => void>();

  /**
   * Calls the listener after every commit. The listener must not throw. Returns a function that
   * removes it.
   */
  onCommitted(listener: (revision: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  committed(revision: number): void {
    for (const listener of this.listeners) listener(revision);
  }
}
