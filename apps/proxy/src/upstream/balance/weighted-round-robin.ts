/**
 * Smooth weighted round robin, deterministic, O(log n) a turn.
 *
 * Every entry has its next turn at a point of virtual time; a turn of weight w comes back 1/w later. A heap gives the
 * entry whose turn comes first, the lower index on a tie. The first turn is half a step in, which spreads the turns of
 * heavy entries between those of light ones (5, 1, 1 → a a a b c a a) instead of letting them start in a row.
 *
 * An entry that is passed over loses that turn: it does not burst when it comes back.
 */
export class WeightedRoundRobin {
  private readonly heap: number[] = [];
  private readonly turnAt: Float64Array;
  private readonly step: Float64Array;

  /** @param weights share of each entry; one with weight 0 never has a turn */
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

  /** How many entries take turns. */
  get size(): number {
    return this.heap.length;
  }

  /** The index of the entry whose turn it is, or -1 when no entry takes turns. */
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
      if (child + 1 < heap.length && this.isBefore(heap[child + 1] as number, heap[child] as number)) child++;
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
