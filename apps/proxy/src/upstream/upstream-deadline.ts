import type { ErrorCode } from '@sluice/errors';
import { Timer, type TimerOwner, type TimerWheel } from '../net/timer-wheel.ts';
import type { PooledCall } from './pooled-call.ts';

/**
 * What the call on a connection waits for: the connection, the first byte of the response, or the
 * peer that has to act next.
 */
export type Awaited = 'connection' | 'response' | 'upstream' | 'client';

/** The connection, as its deadline uses it. */
export interface DeadlineOwner {
  /** The call on the connection; undefined while the connection is idle. */
  readonly current: PooledCall | undefined;
  readonly awaits: Awaited;
  /** Fails the call, because it exceeded one of its timeouts. */
  timedOut(code: ErrorCode, reason: string): void;
  /** Closes the connection, because its idle time is over. */
  destroy(): void;
}

/**
 * Applies the timeouts of a call to the connection that it is on, and the idle time to a connection
 * without a call.
 */
export class UpstreamDeadline implements TimerOwner {
  private readonly owner: DeadlineOwner;
  private readonly wheel: TimerWheel;
  private readonly timer = new Timer(this);
  /** When the wait for the connection or for the response must end. */
  private phaseEndMs = 0;
  private activeMs: number;
  /** When the timeouts were paused; negative while they run. */
  private pausedAtMs = -1;

  constructor(owner: DeadlineOwner, wheel: TimerWheel) {
    this.owner = owner;
    this.wheel = wheel;
    this.activeMs = wheel.nowMs;
  }

  /**
   * Notes that the connection made progress. The timer is not moved: it checks the time of the
   * progress when it fires.
   */
  progressed(): void {
    this.activeMs = this.wheel.nowMs;
  }

  /** Begins a wait for the connection or the response that may take this long. */
  beginPhase(ms: number): void {
    this.activeMs = this.wheel.nowMs;
    this.phaseEndMs = this.activeMs + ms;
  }

  /** Sets the timer for the call on the connection. */
  arm(): void {
    const { current } = this.owner;
    if (current === undefined) return;
    const deadlineMs = Math.min(this.deadlineOf(current), current.totalDeadlineMs);
    this.wheel.set(this.timer, Math.max(deadlineMs - this.wheel.nowMs, 0));
  }

  /** Stops the timeouts while a policy works on the response. */
  pause(): void {
    if (this.pausedAtMs < 0) this.pausedAtMs = this.wheel.nowMs;
  }

  /** Continues the timeouts; the time since `pause` does not count. */
  resume(): void {
    const { current } = this.owner;
    if (this.pausedAtMs < 0 || current === undefined) return;
    current.totalDeadlineMs += this.wheel.nowMs - this.pausedAtMs;
    this.pausedAtMs = -1;
    this.activeMs = this.wheel.nowMs;
    this.arm();
  }

  /** Sets the timer for a connection without a call. */
  armIdle(ms: number): void {
    this.pausedAtMs = -1;
    this.wheel.set(this.timer, ms);
  }

  clear(): void {
    this.wheel.clear(this.timer);
  }

  /** {@inheritDoc TimerOwner.expired} */
  expired(): void {
    const { owner, wheel } = this;
    const { current, awaits } = owner;
    if (current === undefined) return owner.destroy();
    const { connectMs, firstByteMs, idleMs, totalMs } = current.timeouts;
    if (this.pausedAtMs >= 0) return this.wheel.set(this.timer, idleMs);
    if (wheel.nowMs >= current.totalDeadlineMs)
      owner.timedOut('upstream_timeout', `the exchange took longer than ${totalMs} ms`);
    else if (wheel.nowMs < this.deadlineOf(current)) this.arm();
    else if (awaits === 'connection')
      owner.timedOut('upstream_connect_failed', `no connection within ${connectMs} ms`);
    else if (awaits === 'response')
      owner.timedOut('upstream_timeout', `no response within ${firstByteMs} ms`);
    else owner.timedOut('upstream_timeout', `no byte was transferred for ${idleMs} ms`);
  }

  /**
   * The wheel time at which the current wait is too long. The time that the client takes does not
   * count.
   */
  private deadlineOf(call: PooledCall): number {
    const { awaits } = this.owner;
    if (awaits === 'connection' || awaits === 'response') return this.phaseEndMs;
    return (awaits === 'upstream' ? this.activeMs : this.wheel.nowMs) + call.timeouts.idleMs;
  }
}
