import { every, reportBackgroundFault } from '@sluice/errors';

/**
 * One coarse timer for all connections of a worker.
 *
 * A connection owns one or two `Timer` objects for its whole life and moves their deadlines. Moving a deadline further
 * away is two stores: the timer stays filed where it is and is filed again only when its old slot comes up, so a
 * keep-alive connection that pushes its deadline with every request costs one relink a rotation.
 *
 * Invariants
 * - A timer never fires early; it fires at most two ticks late, as long as the event loop runs and few are due with it.
 * - When many are due at once, only some fire in a turn of the event loop: thousands of clients whose time is up together
 *   hold up nobody else.
 * - Time in which the event loop did not run counts against nobody: a late tick counts `maxStepMs` at most, because the
 *   bytes that would have met the deadline may be waiting in the kernel.
 * - A timer that fires is no longer set; whose time is up may set it again.
 */

/** Whose time is up when a timer fires. */
export interface TimerOwner {
  expired(): void;
}

/** Something with a deadline. Belongs to one wheel at a time. */
export class Timer {
  readonly owner: TimerOwner;
  deadlineMs = 0;
  filedMs = 0;
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }

  /** True between `set` and the expiry or `clear`. */
  get isSet(): boolean {
    return this.next !== undefined;
  }
}

/**
 * How long timers fire in one turn of the event loop: a tenth of what the turn took, within these bounds. What an expiry leads
 * to, such as a 408, takes about a twentieth of a millisecond; one fires in each turn in any case.
 */
const FIRING_SHARE = 0.1;
const MIN_FIRING_MS = 0.05;
const MAX_FIRING_MS = 0.25;

export interface TimerWheelOptions {
  /** Resolution. A coarser one makes more timers due together: clients that came evenly should go evenly. */
  readonly tickMs?: number;
  /** Deadlines further away than `slots * tickMs` are filed again once a rotation. */
  readonly slots?: number;
  /** The most that one tick may count, however late it comes. */
  readonly maxStepMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

export class TimerWheel {
  /** Wheel time, milliseconds: up to one tick behind the clock. Read it instead of the clock. */
  nowMs: number;
  readonly tickMs: number;
  private readonly maxStepMs: number;
  private readonly clock: () => number;
  private readonly slots: Timer[];
  /** Those whose slot has come up and that were not looked at yet. */
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

  /** Begins to tick. Does not keep the process alive. */
  start(): this {
    this.interval ??= every('timer', this.tickMs, () => this.tick()).unref();
    return this;
  }

  stop(): void {
    clearInterval(this.interval);
    this.interval = undefined;
  }

  /** Lets the timer fire `delayMs` from now, whatever was set before. */
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

  /** Takes the deadline away. Harmless when there is none. */
  clear(timer: Timer): void {
    if (timer.next !== undefined) unlink(timer);
  }

  /** Reads the clock and fires what is due. Called by the interval; tests call it after moving their clock. */
  tick(): void {
    const clockMs = this.clock();
    this.nowMs += Math.min(Math.max(clockMs - this.clockMs, 0), this.maxStepMs);
    this.clockMs = clockMs;
    const currentTick = Math.floor(this.nowMs / this.tickMs);
    // A full rotation visits every slot; more would visit them twice.
    if (currentTick - this.processedTick > this.slots.length) this.processedTick = currentTick - this.slots.length;
    while (this.processedTick < currentTick) {
      this.processedTick++;
      const slot = this.slots[this.processedTick % this.slots.length] as Timer;
      if (slot.next !== slot) moveAll(slot, this.firing);
    }
    if (!this.goesOn) this.fire();
  }

  /** Fires those that are due, as many as one turn may take; the rest in the turns that follow. */
  private readonly fire = (): void => {
    const { firing } = this;
    const startMs = performance.now();
    const turnMs = this.goesOn ? startMs - this.firedAtMs : 0;
    const untilMs = startMs + Math.min(Math.max(turnMs * FIRING_SHARE, MIN_FIRING_MS), MAX_FIRING_MS);
    this.goesOn = false;
    // Whoever expires may clear any timer, or set one into a slot or further away: each is looked at when it is its turn.
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
        // The other timers are not to blame, and fire all the same.
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
