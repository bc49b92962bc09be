import { AddressCounter } from './address-counter.ts';

/** How many connections there may be, in total and per client address. Listeners that share them count together. */
export class ConnectionPlaces {
  private readonly max: number;
  private readonly perAddress: AddressCounter;
  private taken = 0;

  constructor(max: number, maxPerAddress: number) {
    this.max = max;
    this.perAddress = new AddressCounter(maxPerAddress);
  }

  /**
   * Takes one place for the key, see `addressKey`.
   * @returns undefined when there is one, otherwise the limit that is reached
   */
  enter(key: string): 'total' | 'address' | undefined {
    if (this.taken >= this.max) return 'total';
    if (!this.perAddress.enter(key)) return 'address';
    this.taken++;
    return undefined;
  }

  /** Gives a place back that `enter` gave. */
  leave(key: string): void {
    this.perAddress.leave(key);
    this.taken--;
  }
}
