import { plainFieldName } from '@sluice/http1';
import type { Exchange } from './exchange.ts';

/**
 * Fields that a policy writes for the upstream, such as the identity of the caller, and that a
 * client must therefore not send. Create it once, in `compile`, with {@link ownedFields}.
 */
export class OwnedFields {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(plainFieldName));
  }

  /**
   * Removes the fields from the request, in every spelling that lenient applications treat as the
   * same name: in any case, and with `_` or `.` in place of `-`.
   */
  removeFrom({ headers }: Pick<Exchange, 'headers'>): void {
    if (this.#names.size === 0) return;
    headers.removeAll(this.#names);
    for (const name of headers.names())
      if (/[_.]/.test(name) && this.#names.has(plainFieldName(name))) headers.remove(name);
  }
}

/**
 * Prepares the removal of fields that only the policy may set.
 * @param names field names, in any of their spellings
 */
export function ownedFields(names: readonly string[]): OwnedFields {
  return new OwnedFields(names);
}
