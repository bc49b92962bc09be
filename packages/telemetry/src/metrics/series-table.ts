import { defaultMaxSeries, otherLabel } from '../names.ts';
import type { MetricDefinition } from '../names.ts';
import type { SeriesSnapshot } from './snapshot.ts';

/** The largest number of characters of a label value. */
const maxLabelChars = 256;

/** One series of a table: its numbers begin at `values[slot * width]`. */
export interface SeriesRow {
  readonly key: string;
  readonly labels: readonly string[];
  readonly slot: number;
  holders: number;
}

/**
 * The series of one metric: label values, and a slot of numbers for each series in one typed array.
 * There are at most `maxSeries`, and one more, labelled `_other`, for all others. Callers that
 * record hold their series. A released series keeps its value and its slot until another one needs
 * the slot, so that any number of routes may be added and removed without displacing those in use.
 */
export class SeriesTable {
  /**
   * All numbers, `width` for each slot. Replaced when it grows: read the property again each time.
   */
  values: Float64Array;
  readonly width: number;
  readonly #definition: MetricDefinition;
  readonly #maxSeries: number;
  readonly #onOverflow: () => void;
  readonly #rows = new Map<string, SeriesRow>();
  readonly #released = new Set<SeriesRow>();
  #slots = 0;
  #other: SeriesRow | undefined;

  /**
   * @param width the number of values of each series
   * @param onOverflow called for each series beyond the limit
   */
  constructor(definition: MetricDefinition, width: number, onOverflow: () => void) {
    this.#definition = definition;
    this.#maxSeries = definition.maxSeries ?? defaultMaxSeries;
    this.#onOverflow = onOverflow;
    this.width = width;
    this.values = new Float64Array(width * 4);
  }

  /**
   * Returns the row of a series, creating it when it is new. Each call is one hold; end it with
   * `release`. Throws a TypeError when the number of label values is wrong.
   */
  hold(labelValues: readonly string[]): SeriesRow {
    if (labelValues.length !== this.#definition.labels.length) {
      throw new TypeError(
        `metric ${this.#definition.name} has the labels [${this.#definition.labels.join(', ')}]`,
      );
    }
    const labels = labelValues.map((value) => value.slice(0, maxLabelChars));
    const key = JSON.stringify(labels);
    const row = this.#rows.get(key) ?? this.#make(key, labels);
    row.holders += 1;
    this.#released.delete(row);
    return row;
  }

  /** Ends a hold. Nothing may be recorded through it afterwards. */
  release(row: SeriesRow): void {
    row.holders -= 1;
    if (row.holders === 0 && row !== this.#other) this.#released.add(row);
  }

  /** Removes all series. Only for tables without holds. */
  clear(): void {
    this.#rows.clear();
    this.#released.clear();
    this.#slots = 0;
    this.#other = undefined;
    this.values.fill(0);
  }

  /** A copy of all series. */
  snapshot(): SeriesSnapshot[] {
    const rows = [...this.#rows.values()];
    if (this.#other !== undefined) rows.push(this.#other);
    return rows.map(({ labels, slot }) => ({
      labels,
      values: Array.from(this.values.subarray(slot * this.width, (slot + 1) * this.width)),
    }));
  }

  #make(key: string, labels: readonly string[]): SeriesRow {
    if (labels.length > 0 && labels.every((label) => label === otherLabel)) return this.#otherRow();
    if (this.#rows.size < this.#maxSeries) return this.#place(key, labels, this.#nextSlot());
    const [oldest] = this.#released;
    if (oldest === undefined) {
      this.#onOverflow();
      return this.#otherRow();
    }
    this.#released.delete(oldest);
    this.#rows.delete(oldest.key);
    this.values.fill(0, oldest.slot * this.width, (oldest.slot + 1) * this.width);
    return this.#place(key, labels, oldest.slot);
  }

  #otherRow(): SeriesRow {
    const labels = this.#definition.labels.map(() => otherLabel);
    this.#other ??= { key: otherLabel, labels, slot: this.#nextSlot(), holders: 0 };
    return this.#other;
  }

  #place(key: string, labels: readonly string[], slot: number): SeriesRow {
    const row = { key, labels, slot, holders: 0 };
    this.#rows.set(key, row);
    return row;
  }

  #nextSlot(): number {
    const slot = this.#slots;
    this.#slots += 1;
    if (this.#slots * this.width > this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    return slot;
  }
}
