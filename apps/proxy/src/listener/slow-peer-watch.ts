import type { ListenerOptions } from './listener-options.ts';
import type { RequestContent } from './request-content.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/** The connection that is watched. */
export interface WatchedPeer {
  /** The content of the request under way, when it has some. */
  readonly awaitedContent: RequestContent | undefined;
  /** A write waits for the client. */
  readonly isBlocked: boolean;
  /** Content comes too slowly, or not at all. */
  sendsTooSlowly(content: RequestContent): void;
  /** The client does not take its response. */
  doesNotRead(): void;
}

/**
 * Finds clients that send content, or take a response, too slowly. It looks at counters now and then instead of setting
 * a timer with every read and write, so it costs nothing while bytes flow. Time in which nobody asked the client for
 * more does not count. It stops by itself when there is nothing left to watch.
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

  /** Begins to watch, unless it does already. */
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
    else if (awaitedContent?.flowing === true && this.isSlow(awaitedContent, passedMs)) this.peer.sendsTooSlowly(awaitedContent);
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
