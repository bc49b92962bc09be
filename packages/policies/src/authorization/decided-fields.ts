import { dataSlot, ownedFields, type Exchange, type HeaderPair } from '@sluice/policy-sdk';

/**
 * The request fields that a service decides about, for the upstream. Copies of a client never
 * arrive there: declare `names` as `upstreamFields`, `readNames` as `readFields`, and call
 * `removeFrom` for every request, before anything is awaited.
 */
export class DecidedFields {
  readonly names: readonly string[];
  /**
   * Those that the service is asked with: they stay in the request until `removeFrom`. No others,
   * because a field of another policy would arrive as the client sent it.
   */
  readonly readNames: readonly string[];
  readonly #owned;
  readonly #decided = dataSlot<readonly HeaderPair[]>('decided fields');

  /**
   * @param names fields that the service may set
   * @param sent lower-case names of the fields that the service receives
   */
  constructor(names: readonly string[], sent: readonly string[]) {
    const own = new Set(names.map((name) => name.toLowerCase()));
    this.names = names;
    this.readNames = sent.filter((name) => own.has(name));
    this.#owned = ownedFields(names);
  }

  /** Removes the fields of the client. */
  removeFrom(exchange: Exchange): void {
    this.#owned.removeFrom(exchange);
  }

  /** Adds what the service has decided. */
  addTo(exchange: Exchange, decided: readonly HeaderPair[]): void {
    if (decided.length === 0) return;
    for (const [name, value] of decided) exchange.headers.add(name, value);
    exchange.data.set(this.#decided, decided);
  }

  /**
   * Adds what the service has decided once more, in `transform`, when a policy that hides a
   * credential has removed it together with the credential.
   */
  restoreIn({ headers, data }: Exchange): void {
    const decided = data.get(this.#decided) ?? [];
    const absent = decided.filter(([name]) => !headers.has(name));
    for (const [name, value] of absent) headers.add(name, value);
  }
}
