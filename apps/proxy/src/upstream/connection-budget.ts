/** Closes one idle connection of any target. Returns false when there is none. */
type CloseIdle = () => boolean;

/**
 * Limits the connections of a process to all of its targets. Each uses a file descriptor of the
 * process, and a slow target must not use up the descriptors that clients and other targets need.
 */
export class ConnectionBudget {
  readonly max: number;
  private open = 0;
  private closeIdle: CloseIdle = () => false;

  constructor(max = Number.MAX_SAFE_INTEGER) {
    this.max = max;
  }

  /** The limit of one target: half of the total, so that other targets can connect. */
  get maxPerTarget(): number {
    return Math.max(Math.ceil(this.max / 2), 1);
  }

  /** Sets the function that closes an idle connection when the limit is reached. */
  onFull(closeIdle: CloseIdle): void {
    this.closeIdle = closeIdle;
  }

  /**
   * Counts one connection. At the limit, closes an idle one first; returns false when there is
   * none.
   */
  acquire(): boolean {
    if (this.open >= this.max && !this.closeIdle()) return false;
    this.open++;
    return true;
  }

  /** Ends the count of one connection that was closed. */
  release(): void {
    this.open--;
  }
}
