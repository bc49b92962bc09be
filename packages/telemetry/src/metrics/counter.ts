import type { LabelValues } from './label-values.ts';
import type { SeriesRow, SeriesTable } from './series-table.ts';

/** The count of one series. `add` is an addition in an array, so it suits the request path. */
export class CounterSeries {
  readonly #table: SeriesTable;
  readonly #row: SeriesRow;
  readonly #slot: number;

  constructor(table: SeriesTable, row: SeriesRow) {
    this.#table = table;
    this.#row = row;
    this.#slot = row.slot;
  }

  /** Counts up. `amount` is not negative. */
  add(amount: number): void {
    this.#table.values[this.#slot]! += amount;
  }

  /** The count so far. */
  get value(): number {
    return this.#table.values[this.#slot]!;
  }

  /**
   * Releases the series: nothing may be counted here afterwards, and another series may take its
   * slot. Call it once.
   */
  release(): void {
    this.#table.release(this.#row);
  }
}

/** A counter with all its series. */
export class Counter<Labels extends readonly string[]> {
  readonly #table: SeriesTable;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /**
   * Returns the series with these label values, in the order of the definition. Look it up once,
   * off the request path.
   */
  series(...labelValues: LabelValues<Labels>): CounterSeries {
    return new CounterSeries(this.#table, this.#table.hold(labelValues));
  }
}
