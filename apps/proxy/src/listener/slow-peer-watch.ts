import type { ListenerOptions } from './listener-options.ts';
import type { RequestContent } from './request-content.ts';

/** What a look at a connection found: all is well, or which side of the client has stalled. */
export type PeerSpeed = 'well' | 'sends-too-slowly' | 'does-not-read';

/**
 * Finds clients that send content, or take a response, too slowly. It looks at counters now and then instead of setting
 * a timer with every read and write, so it costs nothing while bytes flow. Time in which nobody asked the client for
 * more does not count.
 */
export class SlowPeerWatch {
  /** How often to look. */
  readonly intervalMs: number;
  private readonly options: ListenerOptions;
  private lookedAtMs = 0;
  private content: RequestContent | undefined = undefined;
  private seen = 0;
  private idleMs = 0;
  private flowingMs = 0;
  private blockedMs = 0;

  constructor(options: ListenerOptions) {
    this.options = options;
    const shortest = Math.min(options.bodyIdleMs, options.writeIdleMs, options.minBodyRateAfterMs);
    this.intervalMs = Math.max(Math.min(1_000, shortest / 4), 10);
  }

  /** Begins to watch; the times start at zero. */
  begin(nowMs: number): void {
    this.lookedAtMs = nowMs;
    this.content = undefined;
    this.blockedMs = 0;
  }

  /** Looks at the content of the request, if any, and at whether a write waits for the client. */
  look(nowMs: number, content: RequestContent | undefined, blocked: boolean): PeerSpeed {
    const passedMs = nowMs - this.lookedAtMs;
    this.lookedAtMs = nowMs;
    this.blockedMs = blocked ? this.blockedMs + passedMs : 0;
    if (this.blockedMs >= this.options.writeIdleMs) return 'does-not-read';
    return content?.flowing === true && this.isSlow(content, passedMs) ? 'sends-too-slowly' : 'well';
  }

  private isSlow(content: RequestContent, passedMs: number): boolean {
    const { bodyIdleMs, minBodyBytesPerSecond, minBodyRateAfterMs } = this.options;
    if (this.content !== content) {
      this.content = content;
      this.idleMs = 0;
      this.flowingMs = 0;
    }
    const idle = this.seen === content.received;
    this.seen = content.received;
    this.idleMs = idle ? this.idleMs + passedMs : 0;
    this.flowingMs += passedMs;
    if (this.idleMs >= bodyIdleMs) return true;
    return this.flowingMs >= minBodyRateAfterMs && content.received * 1_000 < minBodyBytesPerSecond * this.flowingMs;
  }
}
