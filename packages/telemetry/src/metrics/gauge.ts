import type { LabelValues } from './label-values.ts';
import type { SeriesTable } from './series-table.ts';

/**
 * A value that goes up and down. Gauges are set when metrics are read (see
 * `MetricsRegistry.onCollect`) and not while requests run, so callers keep no series.
 */
export class Gauge<Labels extends readonly string[]> {
  readonly #table: SeriesTable;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /** Sets the value of one series. */
  set(value: number, ...labelValues: LabelValues<Labels>): void {
    // The table may replace its values to hold one series more.
    const { slot } = this.#table.hold(labelValues);
    this.#table.values[slot] = value;
  }

  /**
   * Removes all series, so that those of removed resources disappear; set the current ones
   * afterwards.
   */
  clear(): void {
    this.#table.clear();
  }
}
