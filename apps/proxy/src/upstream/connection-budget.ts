/** Gives up one idle connection somewhere. False when there is none. */
type FreeOne = () => boolean;

/**
 * Connections to all targets of a process together. Each is a file descriptor, and those are shared with the clients' side:
 * a slow target must not use up what the others need.
 */
export class ConnectionBudget {
  readonly max: number;
  private open = 0;
  private freeOne: FreeOne = () => false;

  constructor(max = Number.MAX_SAFE_INTEGER) {
    this.max = max;
  }

  /** The most that one target may have: half, so that something is left for the others. */
  get maxPerTarget(): number {
    return Math.max(Math.ceil(this.max / 2), 1);
  }

  /** Says how an idle connection is given up when there is no room. */
  onFull(freeOne: FreeOne): void {
    this.freeOne = freeOne;
  }

  /** Takes room for one connection, giving up an idle one elsewhere when that is needed. False when there is none. */
  enter(): boolean {
    if (this.open >= this.max && !this.freeOne()) return false;
    this.open++;
    return true;
  }

  /** Gives the room back: the connection is closed. */
  leave(): void {
    this.open--;
  }
}
