/**
 * HeaderList: the header fields of one message, in order. {@link FieldStore} describes their memory
 * layout; writing the list copies neighbouring parsed fields as one piece of the original text.
 *
 * Invariants
 * - Names are case-insensitive. A prepared FieldName is found fastest, then names written
 *   `like-this` or `Like-This`.
 * - A field from `set` or `add` cannot break out of its line: names are tokens, and values contain
 *   no control character and no character above U+00FF (written as latin1, U+010D would become CR).
 * - A list is reused for the next message of its connection: keep values, not the list.
 */
import { CONTENT_LENGTH, type FieldName, numberOfName, TRANSFER_ENCODING } from './field-names.ts';
import { FieldStore, LINE_END, NAME_START, NUMBER, REMOVED, SLOT } from './field-store.ts';
import { requireName, requireValue } from './field-syntax.ts';
import type { NameBeginnings } from './name-beginnings.ts';

export class HeaderList extends FieldStore {
  /**
   * Creates a list from a record or from name-value pairs, in their order.
   *
   * @throws TypeError like {@link add}
   */
  static of(
    fields: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
  ): HeaderList {
    const list = new HeaderList();
    const pairs =
      Symbol.iterator in fields
        ? (fields as Iterable<readonly [string, string]>)
        : Object.entries(fields);
    for (const [name, value] of pairs) list.add(name, value);
    return list;
  }

  /** The number of fields; a name that occurs twice counts twice. */
  get size(): number {
    return this.count;
  }

  /** The value of the first field of that name, without surrounding white space. */
  get(name: string | FieldName): string | undefined {
    const at = this.find(name, 0);
    return at < 0 ? undefined : this.valueAt(at);
  }

  /** The values of all fields of that name, in order. */
  getAll(name: string | FieldName): string[] {
    const values: string[] = [];
    for (let at = this.find(name, 0); at >= 0; at = this.find(name, at + 1))
      values.push(this.valueAt(at));
    return values;
  }

  has(name: string | FieldName): boolean {
    return typeof name !== 'string' && name.number !== 0
      ? this.first[name.number] !== 0
      : this.find(name, 0) >= 0;
  }

  /** Whether there is exactly one field of that known name. */
  hasOne(name: FieldName): boolean {
    return this.first[name.number] !== 0 && !this.repeats(name.number);
  }

  /**
   * Replaces all fields of that name by one, in the position of the first one or else at the end.
   *
   * @throws TypeError when the name is not a token, or a header line must not contain the value
   */
  set(name: string | FieldName, value: string): void {
    const number = this.admit(name, value);
    const prefix = typeof name === 'string' ? name + ': ' : name.prefix;
    const at = number === 0 ? this.find(name, 0) : (this.first[number] as number) - 1;
    if (at < 0) {
      this.append(number, prefix, value);
    } else {
      if (this.count > at + 1) this.removeFrom(name, at + 1);
      this.own(at, prefix, value);
    }
  }

  /**
   * Appends a field.
   *
   * @throws TypeError when the name is not a token, or a header line must not contain the value
   */
  add(name: string | FieldName, value: string): void {
    this.append(
      this.admit(name, value),
      typeof name === 'string' ? name + ': ' : name.prefix,
      value,
    );
  }

  /**
   * Like {@link set}, for fields that the gateway writes in one message after another: a value
   * equal to the last one of that name is not checked again.
   *
   * @throws TypeError when a header line must not contain the value
   */
  setOwn(name: FieldName, value: string): void {
    const at = name.number === 0 ? this.find(name, 0) : (this.first[name.number] as number) - 1;
    if (at < 0) {
      this.append(name.number, name.prefix, value, name.lineOf(value));
    } else {
      if (this.count > at + 1) this.removeFrom(name, at + 1);
      this.own(at, name.prefix, value, name.lineOf(value));
    }
  }

  /** Like {@link add}, with the check of {@link setOwn}. */
  addOwn(name: FieldName, value: string): void {
    this.append(name.number, name.prefix, value, name.lineOf(value));
  }

  /** Removes all fields of that name and returns their number. */
  remove(name: string | FieldName): number {
    return this.removeFrom(name, 0);
  }

  /**
   * Renames every field named `from` to `to`, without changing values and positions. Fields already
   * named `to` stay.
   *
   * @returns how many were renamed
   * @throws TypeError when `to` is not a token
   */
  rename(from: string, to: string): number {
    requireName(to);
    if (from.toLowerCase() === to.toLowerCase()) return this.getAll(from).length;
    const number = numberOfName(to.toLowerCase());
    let renamed = 0;
    for (let at = this.find(from, 0); at >= 0; at = this.find(from, at + 1), renamed++) {
      this.own(at, to + ': ', this.valueAt(at));
      this.slots[at * SLOT + NUMBER] = number;
    }
    if (renamed > 0) this.reindex();
    return renamed;
  }

  /**
   * Renames fields, each at most once and by the name that it has now: with `a` to `b` and `b` to `c`
   * a field `a` becomes `b`.
   * @param names new names by lower-case name
   * @throws TypeError when a new name is not a token; nothing is renamed then
   */
  renameEach(names: ReadonlyMap<string, string>): void {
    for (const to of names.values()) requireName(to);
    for (let at = 0; at < this.count; at++) {
      const to = names.get(this.nameAt(at));
      if (to === undefined) continue;
      this.own(at, to + ': ', this.valueAt(at));
      this.slots[at * SLOT + NUMBER] = numberOfName(to.toLowerCase());
    }
    this.reindex();
  }

  /** Removes every field whose lower-case name is in `names`. One pass for any size of the set. */
  removeAll(names: ReadonlySet<string>): number {
    for (let at = 0; at < this.count; at++) {
      if (names.has(this.nameAt(at))) this.slots[at * SLOT + LINE_END] = REMOVED;
    }
    return this.sweep();
  }

  /**
   * Removes every field whose name begins with one of these prefixes or is one of these names, and
   * returns their number. One pass; creates no string.
   */
  removeBeginningWith(names: NameBeginnings): number {
    let found = false;
    for (let at = 0; at < this.count; at++) {
      const number = this.slots[at * SLOT] as number;
      if (number === 0 ? !this.beginsWithOne(at, names) : names.isKnown[number] === 0) continue;
      this.slots[at * SLOT + LINE_END] = REMOVED;
      found = true;
    }
    return found ? this.sweep() : 0;
  }

  /**
   * Calls `visit` for each field in order, with its name in lower case. The list must not change
   * during the call.
   */
  forEach(visit: (name: string, value: string) => void): void {
    for (let at = 0; at < this.count; at++) visit(this.nameAt(at), this.valueAt(at));
  }

  /** The distinct names in lower case, in the order of their first fields. */
  names(): string[] {
    const names = new Set<string>();
    for (let at = 0; at < this.count; at++) names.add(this.nameAt(at));
    return [...names];
  }

  /** All fields as pairs, names in lower case. */
  entries(): [name: string, value: string][] {
    const entries: [string, string][] = [];
    for (let at = 0; at < this.count; at++) entries.push([this.nameAt(at), this.valueAt(at)]);
    return entries;
  }

  /** An independent copy. */
  clone(): HeaderList {
    const copy = new HeaderList();
    copy.text = this.text;
    copy.count = this.count;
    copy.slots = this.slots.slice();
    copy.first = this.first.slice();
    copy.ownPrefixes = this.ownPrefixes.slice();
    copy.ownValues = this.ownValues.slice();
    copy.ownLines = this.ownLines.slice();
    return copy;
  }

  clear(): void {
    this.text = '';
    this.count = 0;
    this.first.fill(0);
    this.ownPrefixes.length = 0;
    this.ownValues.length = 0;
    this.ownLines.length = 0;
  }

  /** The fields as they are sent, each line ended by CRLF, without the empty line. */
  serialize(): string {
    return this.write(false);
  }

  /**
   * The same without Content-Length and Transfer-Encoding, which are only written from the state of
   * the message.
   */
  serializeWithoutFraming(): string {
    return this.write(true);
  }

  /** Checks a name from outside this package, and returns its number. */
  private admit(name: string | FieldName, value: string): number {
    if (typeof name !== 'string') {
      requireValue(name.lower, value);
      return name.number;
    }
    const number = numberOfName(name);
    if (number === 0) requireName(name);
    requireValue(name, value);
    return number === 0 ? numberOfName(name.toLowerCase()) : number;
  }

  private write(withoutFraming: boolean): string {
    let output = '';
    let runStart = 0;
    let runEnd = 0;
    for (let at = 0, slot = 0; at < this.count; at++, slot += SLOT) {
      const number = this.slots[slot + NUMBER] as number;
      if (withoutFraming && (number === CONTENT_LENGTH || number === TRANSFER_ENCODING)) continue;
      const nameStart = this.slots[slot + NAME_START] as number;
      if (nameStart >= 0 && nameStart === runEnd) {
        runEnd = this.slots[slot + LINE_END] as number;
        continue;
      }
      if (runEnd > runStart) output += this.text.slice(runStart, runEnd);
      if (nameStart >= 0) {
        runStart = nameStart;
        runEnd = this.slots[slot + LINE_END] as number;
      } else {
        runStart = runEnd = 0;
        output +=
          this.ownLines[at] ??
          (this.ownPrefixes[at] as string) + (this.ownValues[at] as string) + '\r\n';
      }
    }
    return runEnd > runStart ? output + this.text.slice(runStart, runEnd) : output;
  }
}
