import type { ServedCredential } from './served.ts';

/** The credentials in service by type and lookup value. */
export class CredentialIndex {
  readonly #byType = new Map<string, Map<string, ServedCredential>>();

  /** The credential of this type with this lookup value. */
  get(type: string, lookup: string): ServedCredential | undefined {
    return this.#byType.get(type)?.get(lookup);
  }

  /** Adds a credential, or replaces the one with the same lookup value. */
  set(type: string, lookup: string, credential: ServedCredential): void {
    let byLookup = this.#byType.get(type);
    if (byLookup === undefined) this.#byType.set(type, (byLookup = new Map()));
    byLookup.set(lookup, credential);
  }

  /**
   * Removes a credential. One revision may move a lookup value to another credential, in any order:
   * the value is kept when it already belongs to that one.
   */
  delete(type: string, lookup: string, credential: ServedCredential): void {
    const byLookup = this.#byType.get(type);
    if (byLookup?.get(lookup) === credential) byLookup.delete(lookup);
  }
}
