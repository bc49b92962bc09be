import { metricDefinitions } from '../names.ts';
import type { MetricDefinition } from '../names.ts';
import { Counter } from './counter.ts';
import { Gauge } from './gauge.ts';
import { Histogram } from './histogram.ts';
import { SeriesTable } from './series-table.ts';
import type { MetricsSnapshot } from './snapshot.ts';

type MetricOf<Labels extends readonly string[]> = MetricDefinition & { readonly labels: Labels };

interface Entry {
  readonly definition: MetricDefinition;
  readonly table: SeriesTable;
}

/**
 * All metrics of a process. Series are stored in typed arrays and bounded in number. Recording is
 * an addition; all other work is done when a snapshot is taken.
 */
export class MetricsRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #collectors: (() => void)[] = [];
  readonly #overflow: Counter<typeof metricDefinitions.seriesOverflow.labels>;

  constructor() {
    this.#overflow = this.counter(metricDefinitions.seriesOverflow);
  }

  /**
   * Adds a counter. Throws a TypeError when the name is in use or the definition has another type.
   */
  counter<Labels extends readonly string[]>(definition: MetricOf<Labels>): Counter<Labels> {
    return new Counter(this.#add(definition, 'counter', 1));
  }

  /**
   * Adds a gauge. Throws a TypeError when the name is in use or the definition has another type.
   */
  gauge<Labels extends readonly string[]>(definition: MetricOf<Labels>): Gauge<Labels> {
    return new Gauge(this.#add(definition, 'gauge', 1));
  }

  /**
   * Adds a histogram. Throws a TypeError when the name is in use, or the bounds are missing or not
   * ascending.
   */
  histogram<Labels extends readonly string[]>(definition: MetricOf<Labels>): Histogram<Labels> {
    const bounds = definition.bounds ?? [];
    if (bounds.length === 0 || bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) {
      throw new TypeError(`metric ${definition.name}: bounds must be given and ascend`);
    }
    return new Histogram(this.#add(definition, 'histogram', bounds.length + 2), bounds);
  }

  /** Calls `collect` before each snapshot, to set gauges. It must be fast and must not throw. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Returns the current values of all metrics, in the order in which they were added. */
  snapshot(): MetricsSnapshot {
    for (const collect of this.#collectors) collect();
    return [...this.#entries.values()].map(({ definition, table }) => ({
      definition,
      series: table.snapshot(),
    }));
  }

  #add(definition: MetricDefinition, type: MetricDefinition['type'], width: number): SeriesTable {
    if (definition.type !== type)
      throw new TypeError(`metric ${definition.name} is a ${definition.type}, not a ${type}`);
    if (this.#entries.has(definition.name))
      throw new TypeError(`metric ${definition.name} is already defined`);
    const table = new SeriesTable(definition, width, () =>
      this.#overflow.series(definition.name).add(1),
    );
    // A metric without labels has exactly one series. It is exported from the start as zero, so
    // that a rate has a beginning.
    if (definition.labels.length === 0) table.hold([]);
    this.#entries.set(definition.name, { definition, table });
    return table;
  }
}
