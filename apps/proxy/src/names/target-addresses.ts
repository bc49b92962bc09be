import { guarded } from '@sluice/errors';
import { isIP } from 'node:net';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import type { Address } from './dns-questions.ts';
import type { NameResolver } from './name-resolver.ts';

/** How long an address that could not be connected to is tried last; doubled each time, up to the second figure. */
const FIRST_PENALTY_MS = 5_000;
const MAX_PENALTY_MS = 300_000;

interface Penalty {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/** Who uses the addresses of a target. */
export interface AddressUser {
  /** The set of addresses has changed. */
  addressesChanged(): void;
  /** There are connections, so the answer must be kept up to date. */
  readonly openCount: number;
}

/**
 * The addresses of one target: whose turn it is, and which of them could not be connected to. The name is asked for again when
 * its TTL is over, as long as the target is in use, so that traffic follows the name.
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

  /** Undefined for a host that is an address: there is nothing to resolve. */
  static of(host: string, names: NameResolver, wheel: TimerWheel, user: AddressUser): TargetAddresses | undefined {
    return isIP(host) === 0 ? new TargetAddresses(host, names, wheel, user) : undefined;
  }

  private constructor(host: string, names: NameResolver, wheel: TimerWheel, user: AddressUser) {
    this.host = host;
    this.names = names;
    this.wheel = wheel;
    this.user = user;
  }

  /** There is more than one address to choose from. */
  get isPlural(): boolean {
    return this.list.length > 1;
  }

  /** Whether the address is one of the name no more. Unknown addresses of a name that was not resolved yet are not. */
  isGone(address: string): boolean {
    return this.list.length > 0 && address !== '' && !this.known.has(address);
  }

  /** The address whose turn it is; undefined when none is known. Those that failed lately are passed over while there are others. */
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

  /** All addresses, in the order in which a connection tries them. @throws NameFault */
  async inOrder(preferred: string | undefined): Promise<Address[]> {
    this.used = true;
    this.take(await this.names.addresses(this.host));
    const first = preferred !== undefined && this.known.has(preferred) ? preferred : this.next();
    const rank = ({ address }: Address): number => (address === first ? -1 : (this.penalties.get(address)?.untilMs ?? 0) > this.wheel.nowMs ? 1 : 0);
    return [...this.list].sort((one, other) => rank(one) - rank(other));
  }

  /** An attempt to connect to the address failed. */
  failed(address: string): void {
    const lengthMs = Math.min((this.penalties.get(address)?.lengthMs ?? FIRST_PENALTY_MS / 2) * 2, MAX_PENALTY_MS);
    this.penalties.set(address, { untilMs: this.wheel.nowMs + lengthMs, lengthMs });
  }

  /** A connection to the address is open. */
  succeeded(address: string): void {
    this.penalties.delete(address);
  }

  /** Asks no more by itself. */
  stop(): void {
    this.wheel.clear(this.timer);
  }

  private refresh(): void {
    if (!this.used && this.user.openCount === 0) return;
    this.used = false;
    this.names.addresses(this.host).then(
      guarded('names', (addresses: readonly Address[]) => this.take(addresses)),
      // A name without addresses: connections that are open stay, new ones are told.
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
    for (const address of this.penalties.keys()) if (!known.has(address)) this.penalties.delete(address);
    this.user.addressesChanged();
  }

  private arm(): void {
    if (!this.timer.isSet) this.wheel.set(this.timer, this.names.freshForMs(this.host) + 1);
  }
}
