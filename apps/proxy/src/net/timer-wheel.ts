import { every, reportBackgroundFault } from '@sluice/errors';

/**
 * One coarse timer for all connections of a worker.
 *
 * A connection owns one or two `Timer` objects for its lifetime and moves their deadlines. Moving a
 * deadline further away is two stores: the timer stays in its slot and is moved only when that slot
 * is due. A keep-alive connection that extends its deadline with every request therefore costs one
 * relink per rotation.
 *
 * Invariants
 * - A timer never fires early. It fires at most two ticks late while the event loop runs and few
 *   timers are due.
 * - When many timers are due, only some fire in each turn of the event loop, so that thousands of
 *   simultaneous timeouts do not delay other clients.
 * - Time in which the event loop was blocked does not count: a late tick counts at most
 *   `maxStepMs`, because the bytes that would have met the deadline may be waiting in the kernel.
 * - A timer that fires is no longer set; its owner may set it again.
 */

/** Receives the expiry of a timer. */
export interface TimerOwner {
  expired(): void;
}

/** One deadline. Belongs to one wheel at a time. */
export class Timer {
  readonly owner: TimerOwner;
  deadlineMs = 0;
  filedMs = 0;
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }

  /** Whether the timer is set: true from `set` until it fires or is cleared. */
  get isSet(): boolean {
    return this.next !== undefined;
  }
}

/**
 * Bounds of the time for firing timers in one turn of the event loop, which is a tenth of the
 * duration of the turn. At least one timer fires in each turn. Handling one expiry, such as sending
 * a 408, takes about 0.05 ms.
 */
const FIRING_SHARE = 0.1;
const MIN_FIRING_MS = 0.05;
const MAX_FIRING_MS = 0.25;

export interface TimerWheelOptions {
  /** Resolution. With a coarser one, more timers are due at the same time. */
  readonly tickMs?: number;
  /** Timers with deadlines further away than `slots * tickMs` are moved once per rotation. */
  readonly slots?: number;
  /** Maximum time that one tick counts, even when it is late. */
  readonly maxStepMs?: number;
  /** A monotonic clock, milliseconds. */
  readonly clock?: () => number;
}

export class TimerWheel {
  /** Wheel time, milliseconds: up to one tick behind the clock. Read it instead of the clock. */
  nowMs: number;
  readonly tickMs: number;
  private readonly maxStepMs: number;
  private readonly clock: () => number;
  private readonly slots: Timer[];
  /** Timers of due slots that were not checked yet. */
  private readonly firing = emptyList();
  private goesOn = false;
  private firedAtMs = 0;
  private clockMs: number;
  private processedTick: number;
  private interval: NodeJS.Timeout | undefined = undefined;

  constructor(options: TimerWheelOptions = {}) {
    this.tickMs = options.tickMs ?? 10;
    this.maxStepMs = options.maxStepMs ?? 500;
    this.clock = options.clock ?? (() => performance.now());
    this.slots = Array.from({ length: options.slots ?? 4096 }, emptyList);
    this.clockMs = this.clock();
    this.nowMs = this.clockMs;
    this.processedTick = Math.floor(this.nowMs / this.tickMs);
  }

  /** Starts to tick. Does not keep the process alive. */
  start(): this {
    this.interval ??= every('timer', this.tickMs, () => this.tick()).unref();
    return this;
  }

  stop(): void {
    clearInterval(this.interval);
    this.interval = undefined;
  }

  /** Sets the timer to fire after `delayMs`; replaces an earlier deadline. */
  set(timer: Timer, delayMs: number): void {
    // nowMs may be one tick old: without the extra tick the timer could fire early.
    const deadlineMs = this.nowMs + delayMs + this.tickMs;
    timer.deadlineMs = deadlineMs;
    if (timer.next !== undefined) {
      if (timer.filedMs <= deadlineMs) return;
      unlink(timer);
    }
    this.file(timer);
  }

  /** Clears the timer. Has no effect when it is not set. */
  clear(timer: Timer): void {
    if (timer.next !== undefined) unlink(timer);
  }

  /**
   * Reads the clock and fires due timers. Called by the interval; tests call it after they move
   * their clock.
   */
  tick(): void {
    const clockMs = this.clock();
    this.nowMs += Math.min(Math.max(clockMs - this.clockMs, 0), this.maxStepMs);
    this.clockMs = clockMs;
    const currentTick = Math.floor(this.nowMs / this.tickMs);
    // One rotation visits every slot; more would visit slots twice.
    if (currentTick - this.processedTick > this.slots.length)
      this.processedTick = currentTick - this.slots.length;
    while (this.processedTick < currentTick) {
      this.processedTick++;
      const slot = this.slots[this.processedTick % this.slots.length] as Timer;
      if (slot.next !== slot) moveAll(slot, this.firing);
    }
    if (!this.goesOn) this.fire();
  }

  /** Fires due timers up to the time bound of one turn; the others fire in the following turns. */
  private readonly fire = (): void => {
    const { firing } = this;
    const startMs = performance.now();
    const turnMs = this.goesOn ? startMs - this.firedAtMs : 0;
    const untilMs =
      startMs + Math.min(Math.max(turnMs * FIRING_SHARE, MIN_FIRING_MS), MAX_FIRING_MS);
    this.goesOn = false;
    // A callback may clear or set any timer, so each timer is checked immediately before it fires.
    while (firing.next !== firing) {
      const timer = firing.next as Timer;
      unlink(timer);
      if (timer.deadlineMs > this.nowMs) {
        this.file(timer);
        continue;
      }
      try {
        timer.owner.expired();
      } catch (fault) {
        // The other timers still fire.
        reportBackgroundFault('timer', fault);
      }
      this.firedAtMs = performance.now();
      if (this.firedAtMs < untilMs || firing.next === firing) continue;
      this.goesOn = true;
      setImmediate(this.fire);
      return;
    }
  };

  private file(timer: Timer): void {
    const furthest = this.processedTick + this.slots.length - 1;
    const due = Math.ceil(timer.deadlineMs / this.tickMs);
    const tick = Math.min(Math.max(due, this.processedTick + 1), furthest);
    timer.filedMs = tick * this.tickMs;
    link(timer, this.slots[tick % this.slots.length] as Timer);
  }
}

function emptyList(): Timer {
  const list = new Timer({ expired: () => undefined });
  list.next = list;
  list.previous = list;
  return list;
}

function link(timer: Timer, list: Timer): void {
  const last = list.previous as Timer;
  timer.previous = last;
  timer.next = list;
  last.next = timer;
  list.previous = timer;
}

function unlink(timer: Timer): void {
  (timer.previous as Timer).next = timer.next;
  (timer.next as Timer).previous = timer.previous;
  timer.next = undefined;
  timer.previous = undefined;
}

function moveAll(from: Timer, to: Timer): void {
  const first = from.next as Timer;
  const last = from.previous as Timer;
  const before = to.previous as Timer;
  before.next = first;
  first.previous = before;
  last.next = to;
  to.previous = last;
  from.next = from;
  from.previous = from;
}
