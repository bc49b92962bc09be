/**
 * Smooth weighted round robin: deterministic, O(log n) per selection.
 *
 * Each entry is scheduled at a point of virtual time; after a selection, an entry of weight w is
 * scheduled 1/w later. A heap gives the earliest entry, the lower index on a tie. The first
 * selection of each entry is half a step late, which spreads the selections of heavy entries
 * between those of light ones (5, 1, 1 → a a a b c a a).
 *
 * A skipped entry loses its selection, so that it does not receive a burst when it is available
 * again.
 */
export class WeightedRoundRobin {
  private readonly heap: number[] = [];
  private readonly turnAt: Float64Array;
  private readonly step: Float64Array;

  /** @param weights the weight of each entry; an entry of weight 0 is never selected */
  constructor(weights: readonly number[]) {
    this.turnAt = new Float64Array(weights.length);
    this.step = new Float64Array(weights.length);
    weights.forEach((weight, index) => {
      if (weight <= 0) return;
      this.step[index] = 1 / weight;
      this.turnAt[index] = 0.5 / weight;
      this.heap.push(index);
    });
    for (let at = (this.heap.length >> 1) - 1; at >= 0; at--) this.sink(at);
  }

  /** The number of entries with a weight above 0. */
  get size(): number {
    return this.heap.length;
  }

  /** Selects the next entry and returns its index, or -1 when every weight is 0. */
  next(): number {
    const index = this.heap[0];
    if (index === undefined) return -1;
    this.turnAt[index] = (this.turnAt[index] as number) + (this.step[index] as number);
    this.sink(0);
    return index;
  }

  private sink(from: number): void {
    const heap = this.heap;
    const moving = heap[from] as number;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        this.isBefore(heap[child + 1] as number, heap[child] as number)
      )
        child++;
      if (!this.isBefore(heap[child] as number, moving)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = moving;
  }

  private isBefore(left: number, right: number): boolean {
    const leftAt = this.turnAt[left] as number;
    const rightAt = this.turnAt[right] as number;
    return leftAt < rightAt || (leftAt === rightAt && left < right);
  }
}
