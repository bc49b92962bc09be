import { describe, expect, it } from '@jest/globals';
import { Unanswered } from './unanswered.ts';

describe('Unanswered', () => {
  it('accepts one answer to each revision that was sent', () => {
    const unanswered = new Unanswered();
    for (const revision of [3, 4, 5]) unanswered.add(revision);
    expect(unanswered.take(3)).toBe('expected');
    expect(unanswered.take(3)).toBe('unknown');
    expect(unanswered.take(5)).toBe('expected');
    expect(unanswered.take(4)).toBe('unknown');
    for (const revision of [0, -1, 6, 1.5, Number.MAX_SAFE_INTEGER, Number.NaN])
      expect(unanswered.take(revision)).toBe('unknown');
    expect(unanswered.isEmpty).toBe(true);
  });

  it('recognises answers to revisions that were sent before a restart', () => {
    const unanswered = new Unanswered();
    unanswered.add(70);
    unanswered.restart();
    unanswered.add(5);
    expect(unanswered.take(70)).toBe('outdated');
    expect(unanswered.take(5)).toBe('expected');
  });

  it('does not grow without bound', () => {
    const unanswered = new Unanswered();
    for (let revision = 1; revision <= 10_001; revision++) unanswered.add(revision);
    expect(unanswered.take(1)).toBe('unknown');
    expect(unanswered.take(10_001)).toBe('expected');
  });
});
