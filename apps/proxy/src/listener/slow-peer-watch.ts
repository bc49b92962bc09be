import type { ListenerOptions } from './listener-options.ts';
import type { RequestContent } from './request-content.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/** The watched connection. */
export interface WatchedPeer {
  /** The incomplete content of the current request, if any. */
  readonly awaitedContent: RequestContent | undefined;
  /** Whether a write waits for the client. */
  readonly isBlocked: boolean;
  /** Called when the client sends content below the minimum rate, or none at all. */
  sendsTooSlowly(content: RequestContent): void;
  /** Called when the client does not read its response. */
  doesNotRead(): void;
}

/**
 * Detects clients that send content or read a response too slowly. It compares counters
 * periodically instead of setting a timer with every read and write, so reads and writes cost
 * nothing extra. Time in which the gateway does not read from the client does not count. The watch
 * stops when nothing is left to watch.
 */
export class SlowPeerWatch {
  private readonly peer: WatchedPeer;
  private readonly wheel: TimerWheel;
  private readonly options: ListenerOptions;
  private readonly intervalMs: number;
  private readonly timer = new Timer({ expired: () => this.look() });
  private lookedAtMs = 0;
  private content: RequestContent | undefined = undefined;
  private seen = 0;
  private idleMs = 0;
  private flowingMs = 0;
  private blockedMs = 0;

  constructor(peer: WatchedPeer, wheel: TimerWheel, options: ListenerOptions) {
    this.peer = peer;
    this.wheel = wheel;
    this.options = options;
    const shortest = Math.min(options.bodyIdleMs, options.writeIdleMs, options.minBodyRateAfterMs);
    this.intervalMs = Math.max(Math.min(1_000, shortest / 4), 10);
  }

  /** Starts the watch unless it is running. */
  start(): void {
    if (this.timer.isSet) return;
    this.lookedAtMs = this.wheel.nowMs;
    this.blockedMs = 0;
    this.wheel.set(this.timer, this.intervalMs);
  }

  stop(): void {
    this.wheel.clear(this.timer);
  }

  private look(): void {
    const { awaitedContent, isBlocked } = this.peer;
    const { nowMs } = this.wheel;
    const passedMs = nowMs - this.lookedAtMs;
    this.lookedAtMs = nowMs;
    this.blockedMs = isBlocked ? this.blockedMs + passedMs : 0;
    if (awaitedContent === undefined && !isBlocked) return;
    this.wheel.set(this.timer, this.intervalMs);
    if (this.blockedMs >= this.options.writeIdleMs) this.peer.doesNotRead();
    else if (awaitedContent?.flowing === true && this.isSlow(awaitedContent, passedMs))
      this.peer.sendsTooSlowly(awaitedContent);
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
    return (
      this.flowingMs >= minBodyRateAfterMs &&
      content.received * 1_000 < minBodyBytesPerSecond * this.flowingMs
    );
  }
}
