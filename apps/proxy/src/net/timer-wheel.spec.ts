import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Timer, TimerWheel } from './timer-wheel.ts';

const timerOf = (expired: () => unknown): Timer => new Timer({ expired });

function fakeWheel(options: { slots?: number; maxStepMs?: number } = {}) {
  let clockMs = 1_000;
  const wheel = new TimerWheel({ tickMs: 50, slots: 64, ...options, clock: () => clockMs });
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 10) {
      clockMs += Math.min(10, left);
      wheel.tick();
    }
  };
  const jump = (ms: number): void => {
    clockMs += ms;
    wheel.tick();
  };
  return { wheel, pass, jump, now: () => clockMs };
}

describe('TimerWheel', () => {
  it('fires once, never early and at most two ticks late', () => {
    const { wheel, pass } = fakeWheel();
    let fired = 0;
    const timer = timerOf(() => fired++);
    wheel.set(timer, 200);
    pass(200);
    expect(fired).toBe(0);
    pass(100);
    expect(fired).toBe(1);
    expect(timer.isSet).toBe(false);
    pass(20_000);
    expect(fired).toBe(1);
  });

  it('keeps a deadline that lies beyond one rotation', () => {
    const { wheel, pass } = fakeWheel();
    let fired = 0;
    wheel.set(
      timerOf(() => fired++),
      65_000,
    );
    pass(65_000);
    expect(fired).toBe(0);
    pass(100);
    expect(fired).toBe(1);
  });

  it('moves a deadline further away, nearer, and clears it', () => {
    const { wheel, pass } = fakeWheel();
    const fired: string[] = [];
    const later = timerOf(() => fired.push('later'));
    const sooner = timerOf(() => fired.push('sooner'));
    const never = timerOf(() => fired.push('never'));
    wheel.set(later, 100);
    wheel.set(later, 1_000);
    wheel.set(sooner, 1_000);
    wheel.set(sooner, 100);
    wheel.set(never, 100);
    wheel.clear(never);
    wheel.clear(never);
    pass(250);
    expect(fired).toEqual(['sooner']);
    pass(900);
    expect(fired).toEqual(['sooner', 'later']);
  });

  it('lets a callback clear a timer of the same slot and set itself again', () => {
    const { wheel, pass } = fakeWheel();
    let repeats = 0;
    let victimFired = 0;
    const victim = timerOf(() => victimFired++);
    const repeating: Timer = timerOf(() => {
      wheel.clear(victim);
      if (++repeats < 3) wheel.set(repeating, 0);
    });
    wheel.set(repeating, 100);
    wheel.set(victim, 100);
    pass(1_000);
    expect(repeats).toBe(3);
    expect(victimFired).toBe(0);
  });

  it('does not count the time in which the event loop was blocked', () => {
    const { wheel, jump, pass } = fakeWheel({ maxStepMs: 100 });
    let fired = 0;
    wheel.set(
      timerOf(() => fired++),
      300,
    );
    jump(60_000);
    expect(fired).toBe(0);
    pass(300);
    expect(fired).toBe(1);
  });

  it('fires many that are due at once over several turns of the event loop, and none that was cleared or moved meanwhile', async () => {
    const { wheel, pass } = fakeWheel();
    const fired: number[] = [];
    const work = (): void => {
      for (const untilMs = performance.now() + 0.1; performance.now() < untilMs;);
    };
    const timers = Array.from({ length: 30 }, (_, index) =>
      timerOf(() => (work(), fired.push(index))),
    );
    for (const timer of timers) wheel.set(timer, 100);
    pass(160);
    const first = fired.length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(15);
    wheel.clear(timers[28] as Timer);
    wheel.set(timers[29] as Timer, 1_000);
    pass(50);
    expect(fired).toHaveLength(first);
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(fired).toEqual(Array.from({ length: 28 }, (_, index) => index));
    pass(1_100);
    expect(fired.at(-1)).toBe(29);
  });

  it('ticks after start and stops after stop', async () => {
    const wheel = new TimerWheel({ tickMs: 5 }).start();
    await new Promise<void>((resolve) => wheel.set(timerOf(resolve), 20));
    wheel.stop();
    const { nowMs } = wheel;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(wheel.nowMs).toBe(nowMs);
  });

  it('fires every timer within its bounds for any sequence of operations', () => {
    const operation = fc.record({
      timer: fc.nat(4),
      delayMs: fc.option(fc.nat(9_000), { freq: 4 }),
      pause: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { wheel, pass, now } = fakeWheel();
        const due: (number | undefined)[] = new Array(5).fill(undefined);
        const late: number[] = [];
        const timers = due.map((_, index) =>
          timerOf(() => {
            late.push(now() - (due[index] ?? Number.POSITIVE_INFINITY));
            due[index] = undefined;
          }),
        );
        for (const { timer, delayMs, pause } of operations) {
          if (delayMs === null) wheel.clear(timers[timer] as Timer);
          else wheel.set(timers[timer] as Timer, delayMs);
          due[timer] = delayMs === null ? undefined : now() + delayMs;
          pass(pause);
        }
        pass(10_000);
        expect(due.every((deadline) => deadline === undefined)).toBe(true);
        expect(late.every((ms) => ms >= 0 && ms <= 110)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
