import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Breaker } from './breaker.ts';

describe('Breaker', () => {
  const breakers: Breaker[] = [];
  afterEach(() => breakers.splice(0).forEach((breaker) => breaker.close()));

  function setUp(probe: () => Promise<unknown> = () => Promise.reject(new Error('no answer'))) {
    const clock = { nowMs: 0 };
    const changes: [boolean, string | undefined][] = [];
    const breaker = new Breaker({
      probe,
      onChange: (open, reason) => changes.push([open, reason]),
      now: () => clock.nowMs,
    });
    breakers.push(breaker);
    return { clock, breaker, changes };
  }
  async function eventually(condition: () => boolean): Promise<void> {
    const untilMs = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > untilMs) throw new Error('did not come about within 10 s');
      await sleep(5);
    }
  }

  it('opens on five failures within a second, and reports it once', () => {
    const { breaker, changes } = setUp();
    for (let nth = 1; nth <= 4; nth++) breaker.fail('slow');
    expect(breaker.isOpen).toBe(false);
    for (let nth = 1; nth <= 4; nth++) breaker.fail('slow');
    expect(breaker.isOpen).toBe(true);
    expect(changes).toEqual([[true, 'slow']]);
  });

  it.each([
    ['every second request fails', 2, true],
    ['one of ten fails', 10, false],
  ])('judges mixed outcomes by their share: %s', (_, every, opens) => {
    const { breaker } = setUp();
    for (let nth = 1; nth <= 100; nth++) {
      if (nth % every === 0) breaker.fail('slow');
      else breaker.succeed();
    }
    expect(breaker.isOpen).toBe(opens);
  });

  it('opens on the second failure when there is little traffic', () => {
    const { clock, breaker } = setUp();
    breaker.fail('slow');
    clock.nowMs += 1_050;
    breaker.fail('slow');
    expect(breaker.isOpen).toBe(true);
  });

  it('does not add up rare failures', () => {
    const { clock, breaker } = setUp();
    for (let nth = 0; nth < 50; nth++, clock.nowMs += 500) {
      breaker.fail('slow');
      breaker.succeed();
    }
    expect(breaker.isOpen).toBe(false);
  });

  it('probes one at a time until one is answered', async () => {
    let [underWay, most, probes] = [0, 0, 0];
    const { breaker, changes } = setUp(async () => {
      most = Math.max(most, ++underWay);
      await sleep(20);
      underWay--;
      if (++probes < 3) throw new Error('no answer');
    });
    for (let nth = 1; nth <= 5; nth++) breaker.fail('slow');
    await eventually(() => !breaker.isOpen);
    expect([most, probes]).toEqual([1, 3]);
    expect(changes).toEqual([
      [true, 'slow'],
      [false, undefined],
    ]);
  });

  it('stops probing when it is closed down', async () => {
    let probes = 0;
    const { breaker } = setUp(() => Promise.reject(new Error(`no answer to ${++probes}`)));
    for (let nth = 1; nth <= 5; nth++) breaker.fail('slow');
    breaker.close();
    await sleep(150);
    expect(probes).toBe(0);
  });
});
