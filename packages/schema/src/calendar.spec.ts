import { describe, expect, it } from '@jest/globals';
import { windowBounds } from './calendar.ts';

const iso = ({ startMs, endMs }: { startMs: number; endMs: number }): string[] =>
  [startMs, endMs].map((ms) => new Date(ms).toISOString());

describe('windowBounds', () => {
  const now = Date.parse('2028-02-29T23:59:59.999Z');

  it.each([
    ['second', '2028-02-29T23:59:59.000Z', '2028-03-01T00:00:00.000Z'],
    ['minute', '2028-02-29T23:59:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['hour', '2028-02-29T23:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['day', '2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['month', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['year', '2028-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z'],
  ] as const)('gives the %s that holds an instant', (period, start, end) => {
    expect(iso(windowBounds(period, now))).toEqual([start, end]);
  });

  it('counts the first instant of a window to that window', () => {
    expect(iso(windowBounds('month', Date.parse('2027-12-01T00:00:00Z')))).toEqual([
      '2027-12-01T00:00:00.000Z',
      '2028-01-01T00:00:00.000Z',
    ]);
  });
});
