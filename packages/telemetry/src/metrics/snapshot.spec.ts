import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MetricsRegistry } from './registry.ts';
import { mergeSnapshots } from './snapshot.ts';
import type { MetricSnapshot, MetricsSnapshot } from './snapshot.ts';

const hits = { name: 'hits_total', type: 'counter', help: 'Hits.', labels: ['page'] } as const;
const delay = {
  name: 'delay_seconds',
  type: 'histogram',
  help: 'Delay.',
  labels: [],
  bounds: [1, 2],
} as const;

const gauge = (merge: 'sum' | 'max' | 'min' | undefined, value: number): MetricSnapshot => ({
  definition: {
    name: `level_${merge}`,
    type: 'gauge',
    help: 'Level.',
    labels: [],
    ...(merge && { merge }),
  },
  series: [{ labels: [], values: [value] }],
});

function count(observations: readonly { page: string; seconds: number }[]): MetricsSnapshot {
  const registry = new MetricsRegistry();
  const counter = registry.counter(hits);
  const histogram = registry.histogram(delay).series();
  for (const { page, seconds } of observations) {
    counter.series(page).add(1);
    histogram.record(seconds);
  }
  return registry.snapshot();
}

const sorted = (snapshot: MetricsSnapshot) =>
  snapshot.map(({ definition, series }) => [
    definition.name,
    series.map(({ labels, values }) => `${labels.join()} ${values.join(' ')}`).sort(),
  ]);

describe('snapshots of several processes', () => {
  it('merge into what one process would have counted', () => {
    const observation = fc.record({
      page: fc.constantFrom('a', 'b', 'c'),
      seconds: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(observation)), (processes) => {
        const merged = mergeSnapshots([count([]), ...processes.map(count)]);
        expect(sorted(merged)).toEqual(sorted(count(processes.flat())));
      }),
    );
  });

  it('survive being sent between processes', () => {
    const snapshot = count([{ page: 'a', seconds: 1 }]);
    expect(mergeSnapshots([JSON.parse(JSON.stringify(snapshot)) as MetricsSnapshot])).toEqual(
      snapshot,
    );
  });

  it('join gauges as their definition says', () => {
    const values = (merge: 'sum' | 'max' | 'min' | undefined) =>
      mergeSnapshots([[gauge(merge, 3)], [gauge(merge, 5)], [gauge(merge, 4)]])[0]!.series[0]!
        .values;
    expect(values('sum')).toEqual([12]);
    expect(values('max')).toEqual([5]);
    expect(values('min')).toEqual([3]);
    expect(values(undefined)).toEqual([12]);
  });

  it('do not change what they were merged from', () => {
    const [one, other] = [count([{ page: 'a', seconds: 1 }]), count([{ page: 'a', seconds: 1 }])];
    mergeSnapshots([one, other]);
    expect(one).toEqual(other);
  });

  it('are refused when they define a metric differently', () => {
    const other: MetricsSnapshot = [{ definition: { ...hits, labels: ['site'] }, series: [] }];
    expect(() => mergeSnapshots([count([]), other])).toThrow(
      'hits_total is defined differently by two processes',
    );
  });
});
