import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MetricDefinition } from '../names.ts';
import { MetricsRegistry } from './registry.ts';
import type { MetricsSnapshot } from './snapshot.ts';

const hits = {
  name: 'hits_total',
  type: 'counter',
  help: 'Hits.',
  labels: ['page', 'kind'],
  maxSeries: 3,
} as const;
const size = { name: 'size', type: 'gauge', help: 'Size.', labels: ['box'] } as const;
const delay = {
  name: 'delay_seconds',
  type: 'histogram',
  help: 'Delay.',
  labels: ['page'],
  bounds: [0.1, 1, 10],
} as const;

/** Series of one metric as text: labels, then values. */
const series = (snapshot: MetricsSnapshot, name: string): string[] =>
  snapshot
    .find(({ definition }) => definition.name === name)!
    .series.map(({ labels, values }) => `${labels.join(',')}: ${values.join(' ')}`);

describe('a counter', () => {
  it('adds up for each combination of labels', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter(hits);
    const a = counter.series('a', 'x');
    a.add(1);
    a.add(2.5);
    counter.series('b', 'x').add(1);
    counter.series('a', 'x').add(1);
    expect(a.value).toBe(4.5);
    expect(series(registry.snapshot(), 'hits_total')).toEqual(['a,x: 4.5', 'b,x: 1']);
  });

  it('counts together, as _other, what finds no place, and counts that it did', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter(hits);
    for (const page of ['a', 'b', 'c', 'd', 'e']) counter.series(page, 'x').add(1);
    counter.series('a', 'x').add(1);
    const snapshot = registry.snapshot();
    expect(series(snapshot, 'hits_total')).toEqual([
      'a,x: 2',
      'b,x: 1',
      'c,x: 1',
      '_other,_other: 2',
    ]);
    expect(series(snapshot, 'sluice_metric_series_overflow_total')).toEqual(['hits_total: 2']);
  });

  it('gives a released place to another series only when it is needed', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter(hits);
    const [a, b] = [counter.series('a', 'x'), counter.series('b', 'x')];
    a.add(7);
    b.add(8);
    a.release();
    counter.series('c', 'x').add(9);
    expect(series(registry.snapshot(), 'hits_total')).toEqual(['a,x: 7', 'b,x: 8', 'c,x: 9']);
    counter.series('d', 'x').add(1);
    expect(series(registry.snapshot(), 'hits_total')).toEqual(['b,x: 8', 'c,x: 9', 'd,x: 1']);
  });

  it('keeps a series that is held twice, or held again, when it is released once', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter(hits);
    const held = counter.series('a', 'x');
    counter.series('a', 'x').release();
    held.release();
    counter.series('a', 'x').add(1);
    for (const page of ['b', 'c', 'd']) counter.series(page, 'x').add(1);
    expect(series(registry.snapshot(), 'hits_total')).toEqual([
      'a,x: 1',
      'b,x: 1',
      'c,x: 1',
      '_other,_other: 1',
    ]);
  });

  it('never gives the place of _other away', () => {
    const registry = new MetricsRegistry();
    const counter = registry.counter(hits);
    const held = ['a', 'b', 'c', 'd'].map((page) => counter.series(page, 'x'));
    held.forEach((one) => one.add(1));
    held[3]!.release();
    counter.series('e', 'x').add(1);
    counter.series('_other', '_other').add(1);
    expect(series(registry.snapshot(), 'hits_total')).toEqual([
      'a,x: 1',
      'b,x: 1',
      'c,x: 1',
      '_other,_other: 3',
    ]);
  });

  it('loses no count while routes come and go: what is held is exact, and nothing is held beyond the bound', () => {
    const step = fc.record({
      page: fc.integer({ min: 0, max: 9 }),
      action: fc.constantFrom('hold', 'add', 'release'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const registry = new MetricsRegistry();
        const counter = registry.counter(hits);
        const held = new Map<number, ReturnType<typeof counter.series>>();
        let total = 0;
        for (const { page, action } of steps) {
          if (action === 'hold' && !held.has(page))
            held.set(page, counter.series(String(page), 'x'));
          const one = held.get(page);
          if (one === undefined) continue;
          if (action === 'add') {
            const before = one.value;
            one.add(1);
            total += 1;
            expect(one.value).toBe(before + 1);
          } else if (action === 'release') {
            one.release();
            held.delete(page);
          }
        }
        const { series: all } = registry
          .snapshot()
          .find(({ definition }) => definition.name === hits.name)!;
        expect(all.length).toBeLessThanOrEqual(4);
        expect(new Set(all.map(({ labels }) => labels.join())).size).toBe(all.length);
        expect(all.reduce((sum, { values }) => sum + values[0]!, 0)).toBeLessThanOrEqual(total);
      }),
    );
  });

  it('bounds the length of label values', () => {
    const registry = new MetricsRegistry();
    registry.counter(hits).series('p'.repeat(5_000), 'x').add(1);
    expect(series(registry.snapshot(), 'hits_total')).toEqual([`${'p'.repeat(256)},x: 1`]);
  });
});

describe('a gauge', () => {
  it('has the value that was set last, and forgets what is gone', () => {
    const registry = new MetricsRegistry();
    const gauge = registry.gauge(size);
    registry.onCollect(() => {
      gauge.clear();
      gauge.set(3, 'b');
      gauge.set(4, 'b');
    });
    gauge.set(1, 'a');
    expect(series(registry.snapshot(), 'size')).toEqual(['b: 4']);
    expect(series(registry.snapshot(), 'size')).toEqual(['b: 4']);
  });

  it('keeps every value while the table grows', () => {
    const registry = new MetricsRegistry();
    const gauge = registry.gauge(size);
    const all = Array.from({ length: 100 }, (_, at) => at + 1);
    for (const value of all) gauge.set(value, String(value));
    expect(series(registry.snapshot(), 'size')).toEqual(all.map((value) => `${value}: ${value}`));
  });
});

describe('a histogram', () => {
  it('counts each observation in the first bucket whose bound it does not exceed', () => {
    const registry = new MetricsRegistry();
    const page = registry.histogram(delay).series('a');
    for (const value of [0, 0.1, 0.11, 1, 9, 11, Infinity, Number.NaN]) page.record(value);
    expect(series(registry.snapshot(), 'delay_seconds')).toEqual(['a: 2 2 1 2 Infinity']);
  });

  it('keeps its observations apart from other series while the table grows', () => {
    const registry = new MetricsRegistry();
    const histogram = registry.histogram(delay);
    const pages = Array.from({ length: 100 }, (_, i) => histogram.series(String(i)));
    pages.forEach((page, i) => Array.from({ length: i }, () => page.record(0.5)));
    const all = series(registry.snapshot(), 'delay_seconds');
    expect(all).toEqual(pages.map((_, i) => `${i}: 0 ${i} 0 0 ${i * 0.5}`));
  });
});

describe('a registry', () => {
  it('shows a metric without labels from the start', () => {
    const registry = new MetricsRegistry();
    registry.counter({
      name: 'lonely_total',
      type: 'counter',
      help: 'Alone.',
      labels: [],
    } as const);
    expect(series(registry.snapshot(), 'lonely_total')).toEqual([': 0']);
  });

  it('refuses definitions that do not fit', () => {
    const registry = new MetricsRegistry();
    registry.counter(hits);
    expect(() => registry.counter(hits)).toThrow('hits_total is already defined');
    expect(() => registry.gauge(hits)).toThrow('hits_total is a counter, not a gauge');
    const unordered: MetricDefinition = { ...delay, name: 'other_seconds', bounds: [1, 1] };
    expect(() => registry.histogram(unordered)).toThrow('bounds must be given and ascend');
    const wrong = registry.counter<readonly string[]>({ ...hits, name: 'wrong_total' });
    expect(() => wrong.series('a')).toThrow('wrong_total has the labels [page, kind]');
  });
});
