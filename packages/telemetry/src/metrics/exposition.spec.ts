import { describe, expect, it } from '@jest/globals';
import { exposition, metricsFormatFor, renderOpenMetrics, renderPrometheus } from './exposition.ts';
import type { MetricsSnapshot } from './snapshot.ts';

const snapshot: MetricsSnapshot = [
  {
    definition: {
      name: 'hits_total',
      type: 'counter',
      help: 'Hits on a page\\path\nand more.',
      labels: ['page', 'kind'],
    },
    series: [
      { labels: ['a', 'x'], values: [3] },
      { labels: ['say "hi"\\\n', 'ü'], values: [0.5] },
    ],
  },
  {
    definition: { name: 'size', type: 'gauge', help: 'Size.', labels: [] },
    series: [{ labels: [], values: [-Infinity] }],
  },
  {
    definition: {
      name: 'delay_seconds',
      type: 'histogram',
      help: 'Delay.',
      labels: ['page'],
      bounds: [0.1, 1],
    },
    series: [{ labels: ['a'], values: [2, 0, 5, 12.25] }],
  },
];

describe('Prometheus text format', () => {
  it('is as its specification has it', () => {
    expect(renderPrometheus(snapshot)).toBe(
      String.raw`# HELP hits_total Hits on a page\\path\nand more.
# TYPE hits_total counter
hits_total{page="a",kind="x"} 3
hits_total{page="say \"hi\"\\\n",kind="ü"} 0.5
# HELP size Size.
# TYPE size gauge
size -Inf
# HELP delay_seconds Delay.
# TYPE delay_seconds histogram
delay_seconds_bucket{page="a",le="0.1"} 2
delay_seconds_bucket{page="a",le="1"} 2
delay_seconds_bucket{page="a",le="+Inf"} 7
delay_seconds_sum{page="a"} 12.25
delay_seconds_count{page="a"} 7
`,
    );
  });

  it('comes in pieces that make up the whole', () => {
    const many: MetricsSnapshot = [
      {
        definition: { name: 'hits_total', type: 'counter', help: 'Hits.', labels: ['page'] },
        series: Array.from({ length: 5_000 }, (_, i) => ({ labels: [`page-${i}`], values: [i] })),
      },
    ];
    const pieces = [...exposition(many, 'prometheus')];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(20_000);
    expect(pieces.join('')).toBe(renderPrometheus(many));
    expect(pieces.join('').split('\n')).toHaveLength(5_003);
  });
});

describe('OpenMetrics text format', () => {
  it('names counters without their suffix, writes bounds as floats, and says when it ends', () => {
    const text = renderOpenMetrics(snapshot);
    expect(text).toContain('# TYPE hits counter\nhits_total{page="a",kind="x"} 3\n');
    expect(text).toContain('delay_seconds_bucket{page="a",le="1.0"} 2\n');
    expect(text.endsWith('delay_seconds_count{page="a"} 7\n# EOF\n')).toBe(true);
  });

  it.each([
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/plain', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.3,text/plain;q=0.8', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;q=nonsense', 'prometheus'],
  ])('is chosen by Accept: %s → %s', (accept, format) => {
    expect(metricsFormatFor(accept)).toBe(format);
  });
});
