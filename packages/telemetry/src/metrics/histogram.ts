import type { LabelValues } from './label-values.ts';
import type { SeriesRow, SeriesTable } from './series-table.ts';

/**
 * The distribution of one series. `record` is two additions in an array, so it suits the request
 * path.
 */
export class HistogramSeries {
  readonly #table: SeriesTable;
  readonly #row: SeriesRow;
  readonly #bounds: Float64Array;
  readonly #first: number;

  constructor(table: SeriesTable, row: SeriesRow, bounds: Float64Array) {
    this.#table = table;
    this.#row = row;
    this.#bounds = bounds;
    this.#first = row.slot * table.width;
  }

  /** Records one observation, in the unit of the metric's name. NaN is not recorded. */
  record(value: number): void {
    if (Number.isNaN(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    // Most requests are fast, so their buckets come first.
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    const { values } = this.#table;
    values[this.#first + bucket]! += 1;
    values[this.#first + bounds.length + 1]! += value;
  }

  /**
   * Releases the series: nothing may be recorded here afterwards, and another series may take its
   * slot. Call it once.
   */
  release(): void {
    this.#table.release(this.#row);
  }
}

/** A histogram with all its series. */
export class Histogram<Labels extends readonly string[]> {
  readonly #table: SeriesTable;
  readonly #bounds: Float64Array;

  constructor(table: SeriesTable, bounds: readonly number[]) {
    this.#table = table;
    this.#bounds = Float64Array.from(bounds);
  }

  /**
   * Returns the series with these label values, in the order of the definition. Look it up once,
   * off the request path.
   */
  series(...labelValues: LabelValues<Labels>): HistogramSeries {
    return new HistogramSeries(this.#table, this.#table.hold(labelValues), this.#bounds);
  }
}
