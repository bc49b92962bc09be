import { keyOfLocation, type KeyLocation } from './key-source.ts';
import { RemoteKeys, type KeyClock } from './remote-keys.ts';

interface Holding {
  readonly keys: RemoteKeys;
  holders: number;
}

/** The keys of each process, per clock, because tests run several gateways in one process. */
const holdings = new WeakMap<KeyClock, Map<string, Holding>>();

/** Keys that a holder shares with all other holders of the same location. */
export interface SharedKeys {
  readonly keys: RemoteKeys;
  /** Ends the hold; the keys are forgotten with the last one. A second call does nothing. */
  release(): void;
}

/**
 * Returns the keys of a location, one object for all routes of the process: an issuer is asked once,
 * however many policies use it.
 * @param group separates holders that may not share, such as those that may not call private
 *   addresses
 */
export function sharedKeys(location: KeyLocation, group: string, clock: KeyClock): SharedKeys {
  const all = holdings.get(clock) ?? new Map<string, Holding>();
  holdings.set(clock, all);
  const key = `${group} ${keyOfLocation(location)}`;
  const holding = all.get(key) ?? { keys: new RemoteKeys(location, clock), holders: 0 };
  holding.holders += 1;
  all.set(key, holding);
  let isHeld = true;
  return {
    keys: holding.keys,
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      holding.holders -= 1;
      if (holding.holders === 0) all.delete(key);
    },
  };
}
