import { guarded } from '@sluice/errors';
import { isIP } from 'node:net';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import type { Address } from './dns-questions.ts';
import type { NameResolver } from './name-resolver.ts';

/**
 * Minimum and maximum time for which an unreachable address is tried last. The time doubles with
 * each failure.
 */
const FIRST_PENALTY_MS = 5_000;
const MAX_PENALTY_MS = 300_000;

interface Penalty {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/** The target, as its addresses use it. */
export interface AddressUser {
  /** Reports that the set of addresses has changed. */
  addressesChanged(): void;
  /** Whether the target has connections, so that the answer must be kept up to date. */
  readonly openCount: number;
}

/**
 * The addresses of one target. Selects them in turn and tries unreachable ones last. Resolves the
 * name again when its TTL has expired while the target is in use, so that traffic follows changes
 * of the name.
 */
export class TargetAddresses {
  readonly host: string;
  private readonly names: NameResolver;
  private readonly wheel: TimerWheel;
  private readonly user: AddressUser;
  private readonly timer = new Timer({ expired: () => this.refresh() });
  private list: readonly Address[] = [];
  private known: ReadonlySet<string> = new Set();
  private readonly penalties = new Map<string, Penalty>();
  private turn = 0;
  private used = false;

  /** Returns undefined for a host that is an IP address, which needs no resolution. */
  static of(
    host: string,
    names: NameResolver,
    wheel: TimerWheel,
    user: AddressUser,
  ): TargetAddresses | undefined {
    return isIP(host) === 0 ? new TargetAddresses(host, names, wheel, user) : undefined;
  }

  private constructor(host: string, names: NameResolver, wheel: TimerWheel, user: AddressUser) {
    this.host = host;
    this.names = names;
    this.wheel = wheel;
    this.user = user;
  }

  /** Whether the name has more than one address. */
  get isPlural(): boolean {
    return this.list.length > 1;
  }

  /** Whether the name no longer has the address. False while the name is not resolved. */
  isGone(address: string): boolean {
    return this.list.length > 0 && address !== '' && !this.known.has(address);
  }

  /**
   * Selects the next address; undefined when none is known. Skips addresses that failed recently
   * while others are available.
   */
  next(): string | undefined {
    const { list, wheel } = this;
    this.used = true;
    for (let count = 0; count < list.length; count++) {
      const { address } = list[this.turn++ % list.length] as Address;
      const penalty = this.penalties.get(address);
      if (penalty === undefined || penalty.untilMs <= wheel.nowMs) return address;
    }
    return list[this.turn++ % Math.max(list.length, 1)]?.address;
  }

  /** Resolves all addresses, in the order in which a connection tries them. @throws NameFault */
  async inOrder(preferred: string | undefined): Promise<Address[]> {
    this.used = true;
    this.take(await this.names.addresses(this.host));
    const first = preferred !== undefined && this.known.has(preferred) ? preferred : this.next();
    const rank = ({ address }: Address): number =>
      address === first
        ? -1
        : (this.penalties.get(address)?.untilMs ?? 0) > this.wheel.nowMs
          ? 1
          : 0;
    return [...this.list].sort((one, other) => rank(one) - rank(other));
  }

  /** Reports that a connection attempt to the address failed. */
  failed(address: string): void {
    const lengthMs = Math.min(
      (this.penalties.get(address)?.lengthMs ?? FIRST_PENALTY_MS / 2) * 2,
      MAX_PENALTY_MS,
    );
    this.penalties.set(address, { untilMs: this.wheel.nowMs + lengthMs, lengthMs });
  }

  /** Reports that a connection to the address has opened. */
  succeeded(address: string): void {
    this.penalties.delete(address);
  }

  /** Stops refreshing the addresses. */
  stop(): void {
    this.wheel.clear(this.timer);
  }

  private refresh(): void {
    if (!this.used && this.user.openCount === 0) return;
    this.used = false;
    this.names.addresses(this.host).then(
      guarded('names', (addresses: readonly Address[]) => this.take(addresses)),
      // The name has no addresses: open connections are kept, and new ones fail with this error.
      () => this.arm(),
    );
  }

  private take(addresses: readonly Address[]): void {
    this.arm();
    if (addresses === this.list) return;
    const known = new Set(addresses.map(({ address }) => address));
    const hasChanged = known.symmetricDifference(this.known).size > 0;
    this.list = addresses;
    this.known = known;
    if (!hasChanged) return;
    for (const address of this.penalties.keys())
      if (!known.has(address)) this.penalties.delete(address);
    this.user.addressesChanged();
  }

  private arm(): void {
    if (!this.timer.isSet) this.wheel.set(this.timer, this.names.freshForMs(this.host) + 1);
  }
}
