const { imul } = Math;
const smallest = 16;
/** Distributes keys over the slots by Knuth's multiplicative hashing: the golden ratio of 2^32. */
const spread = 0x9e37_79b1;

/**
 * A map from 32-bit integers to positive 32-bit integers, in one typed array: a look-up reads one
 * cache line, where a `Map` reads four. Uses open addressing with linear probing. Removal closes
 * the gap (Knuth, TAOCP volume 3, 6.4 algorithm R), so that tombstones do not accumulate. At most
 * half of the slots are in use.
 */
export class IntegerMap {
  /** Alternates keys and values; the value 0 marks a free slot. */
  private slots = new Int32Array(2 * smallest);
  private shift = 32 - Math.log2(smallest);
  private used = 0;

  get size(): number {
    return this.used;
  }

  /** The value of a key, or 0 when there is none. */
  get(key: number): number {
    return this.slots[2 * this.slotOf(key) + 1] ?? 0;
  }

  /** @param value positive. */
  set(key: number, value: number): void {
    let slot = this.slotOf(key);
    if (this.slots[2 * slot + 1] === 0) {
      if (4 * (this.used + 1) > this.slots.length) {
        this.grow();
        slot = this.slotOf(key);
      }
      this.used += 1;
    }
    this.slots[2 * slot] = key;
    this.slots[2 * slot + 1] = value;
  }

  delete(key: number): void {
    const { slots } = this;
    const mask = slots.length / 2 - 1;
    let free = this.slotOf(key);
    if (slots[2 * free + 1] === 0) return;
    this.used -= 1;
    for (let slot = (free + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      const home = this.homeOf(slots[2 * slot] ?? 0);
      const staysReachable = ((slot - home) & mask) < ((slot - free) & mask);
      if (staysReachable) continue;
      slots.copyWithin(2 * free, 2 * slot, 2 * slot + 2);
      free = slot;
    }
    slots.fill(0, 2 * free, 2 * free + 2);
  }

  /** Returns the slot that contains the key, or else the free slot for it. */
  private slotOf(key: number): number {
    const { slots } = this;
    const mask = slots.length / 2 - 1;
    let slot = this.homeOf(key);
    while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  private homeOf(key: number): number {
    return imul(key, spread) >>> this.shift;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(2 * old.length);
    this.shift -= 1;
    for (let at = 0; at < old.length; at += 2) {
      const value = old[at + 1] ?? 0;
      if (value === 0) continue;
      const slot = this.slotOf(old[at] ?? 0);
      this.slots[2 * slot] = old[at] ?? 0;
      this.slots[2 * slot + 1] = value;
    }
  }
}
