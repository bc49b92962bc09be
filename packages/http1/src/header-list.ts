/**
 * HeaderList: the header fields of one message, in order.
 *
 * A parsed field is four offsets into the text of the head; no string is made until somebody reads it. A field that
 * was set or added holds its own two strings. Writing the list copies neighbouring parsed fields as one run of the
 * original text.
 *
 * Invariants
 * - Names compare without regard to case; lower-case names are found fastest.
 * - `slots` holds SLOT numbers for each field. A parsed field has nameStart >= 0; an own field has nameStart = -1 and
 *   its strings in `ownNames` and `ownValues` at its position.
 * - `first[n]` is 1 + the position of the first field whose name has number n, or 0.
 * - A field that entered through `set` or `add` cannot break out of its line: names are tokens, values hold no
 *   control character and no character above U+00FF (written as latin1, U+010D would become CR).
 * - A list is reused for the next message of its connection: keep values, not the list.
 */
import { LOWER } from './byte-classes.ts';
import { CONTENT_LENGTH, FIELD_NUMBERS, nameOfNumber, numberOfName, TRANSFER_ENCODING } from './field-names.ts';
import { requireName, requireValue } from './field-syntax.ts';

const SLOT = 6;
const NUMBER = 0;
const NAME_START = 1;
const NAME_END = 2;
const VALUE_START = 3;
const VALUE_END = 4;
const LINE_END = 5;
const INITIAL_FIELDS = 24;
/** In place of LINE_END: the field goes away with the next sweep. */
const REMOVED = -1;

export class HeaderList {
  private text = '';
  private count = 0;
  private slots = new Int32Array(INITIAL_FIELDS * SLOT);
  private first = new Uint16Array(FIELD_NUMBERS);
  private ownNames: string[] = [];
  private ownValues: string[] = [];

  /**
   * Makes a list from a record or from name-value pairs, in their order.
   * @throws TypeError as {@link add} does
   */
  static of(fields: Readonly<Record<string, string>> | Iterable<readonly [string, string]>): HeaderList {
    const list = new HeaderList();
    const pairs = Symbol.iterator in fields ? (fields as Iterable<readonly [string, string]>) : Object.entries(fields);
    for (const [name, value] of pairs) list.add(name, value);
    return list;
  }

  /** How many fields there are; a name that occurs twice counts twice. */
  get size(): number {
    return this.count;
  }

  /** The value of the first field of that name, without surrounding white space. */
  get(name: string): string | undefined {
    const at = this.find(name, 0);
    return at < 0 ? undefined : this.valueAt(at);
  }

  /** The values of all fields of that name, in order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (let at = this.find(name, 0); at >= 0; at = this.find(name, at + 1)) values.push(this.valueAt(at));
    return values;
  }

  has(name: string): boolean {
    return this.find(name, 0) >= 0;
  }

  /**
   * Leaves exactly one field of that name, in the place of the first one or else at the end.
   * @throws TypeError when the name is not a token or the value cannot stand in a header line
   */
  set(name: string, value: string): void {
    const number = numberOfName(name);
    if (number === 0) requireName(name);
    requireValue(name, value);
    const at = number === 0 ? this.find(name, 0) : (this.first[number] as number) - 1;
    if (at < 0) {
      this.append(number, name, value);
    } else {
      this.removeFrom(name, at + 1);
      this.own(at, name, value);
    }
  }

  /**
   * Puts one more field at the end.
   * @throws TypeError when the name is not a token or the value cannot stand in a header line
   */
  add(name: string, value: string): void {
    const number = numberOfName(name);
    if (number === 0) requireName(name);
    requireValue(name, value);
    this.append(number, name, value);
  }

  /**
   * As {@link set}, without looking at name and value: for fields the gateway writes itself, from values that cannot
   * break out of their line because of where they come from. Never for what a client, an upstream or a policy wrote.
   */
  setOwn(name: string, value: string): void {
    const number = numberOfName(name);
    const at = number === 0 ? this.find(name, 0) : (this.first[number] as number) - 1;
    if (at < 0) {
      this.append(number, name, value);
    } else {
      if (this.count > at + 1) this.removeFrom(name, at + 1);
      this.own(at, name, value);
    }
  }

  /** As {@link add}, with the promise of {@link setOwn}. */
  addOwn(name: string, value: string): void {
    this.append(numberOfName(name), name, value);
  }

  /** Removes all fields of that name and gives how many there were. */
  remove(name: string): number {
    return this.removeFrom(name, 0);
  }

  /**
   * Gives every field named `from` the name `to`, values and places kept. Fields already named `to` stay.
   * @returns how many were renamed
   * @throws TypeError when `to` is not a token
   */
  rename(from: string, to: string): number {
    requireName(to);
    if (from.toLowerCase() === to.toLowerCase()) return this.getAll(from).length;
    const number = numberOfName(to.toLowerCase());
    let renamed = 0;
    for (let at = this.find(from, 0); at >= 0; at = this.find(from, at + 1), renamed++) {
      this.own(at, to, this.valueAt(at));
      this.slots[at * SLOT + NUMBER] = number;
    }
    if (renamed > 0) this.reindex();
    return renamed;
  }

  /** Removes every field whose lower-case name is in `names`. One pass, whatever the size of the set. */
  removeAll(names: ReadonlySet<string>): number {
    for (let at = 0; at < this.count; at++) {
      if (names.has(this.nameAt(at))) this.slots[at * SLOT + LINE_END] = REMOVED;
    }
    return this.sweep();
  }

  /** Removes every field whose name begins with one of these, given in lower case. One pass; no string is made. */
  removeBeginningWith(beginnings: readonly string[]): number {
    let found = false;
    for (let at = 0; at < this.count; at++) {
      for (const beginning of beginnings) {
        if (!this.startsWith(at, beginning)) continue;
        this.slots[at * SLOT + LINE_END] = REMOVED;
        found = true;
        break;
      }
    }
    return found ? this.sweep() : 0;
  }

  /** Calls `visit` for each field in order, the name in lower case. The list must not be changed meanwhile. */
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
    copy.ownNames = this.ownNames.slice();
    copy.ownValues = this.ownValues.slice();
    return copy;
  }

  clear(): void {
    this.text = '';
    this.count = 0;
    this.first.fill(0);
    this.ownNames.length = 0;
    this.ownValues.length = 0;
  }

  /** The fields as they go on the wire, each line ended by CRLF, the empty line not included. */
  serialize(): string {
    return this.write(false);
  }

  /** The same without Content-Length and Transfer-Encoding, which are written from the state of the message alone. */
  serializeWithoutFraming(): string {
    return this.write(true);
  }

  /** For the parsers: empties the list for the next message. */
  reset(): void {
    if (this.count === 0) return;
    this.count = 0;
    this.first.fill(0);
  }

  /** For the parsers: appends the field whose parts stand at these offsets of the text that `attach` will give. */
  appendParsed(number: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, lineEnd: number): void {
    const at = this.count;
    const slot = at * SLOT;
    if (slot === this.slots.length) this.grow();
    const slots = this.slots;
    slots[slot] = number;
    slots[slot + NAME_START] = nameStart;
    slots[slot + NAME_END] = nameEnd;
    slots[slot + VALUE_START] = valueStart;
    slots[slot + VALUE_END] = valueEnd;
    slots[slot + LINE_END] = lineEnd;
    this.count = at + 1;
    if (number !== 0 && this.first[number] === 0) this.first[number] = at + 1;
  }

  /** For the parsers: the text that the offsets of the parsed fields refer to. */
  attach(text: string): void {
    this.text = text;
  }

  /** For the parsers: the value of the first field with that number. */
  getKnown(number: number): string | undefined {
    const at = (this.first[number] as number) - 1;
    return at < 0 ? undefined : this.valueAt(at);
  }

  /** For this package: removes the fields with these numbers. One pass, and none when there are no such fields. */
  removeKnown(numbers: readonly number[]): void {
    let found = false;
    for (const number of numbers) {
      for (let at = (this.first[number] as number) - 1; at >= 0 && at < this.count; at++) {
        if (this.slots[at * SLOT] !== number) continue;
        this.slots[at * SLOT + LINE_END] = REMOVED;
        found = true;
      }
    }
    if (found) this.sweep();
  }

  /** For the parsers: whether a field with that number exists. */
  hasKnown(number: number): boolean {
    return this.first[number] !== 0;
  }

  /** For the parsers: whether a tab stands around the value of the first field with that number, which was parsed. */
  hasTabAround(number: number): boolean {
    const slot = ((this.first[number] as number) - 1) * SLOT;
    if (slot < 0) return false;
    const before = this.text.slice((this.slots[slot + NAME_END] as number) + 1, this.slots[slot + VALUE_START]);
    const after = this.text.slice(this.slots[slot + VALUE_END], this.slots[slot + LINE_END]);
    return before.includes('\t') || after.includes('\t');
  }

  /** For the parsers: whether two or more fields have that number. */
  repeats(number: number): boolean {
    const first = this.first[number] as number;
    if (first === 0) return false;
    for (let at = first; at < this.count; at++) {
      if (this.slots[at * SLOT + NUMBER] === number) return true;
    }
    return false;
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
        output += `${this.ownNames[at] as string}: ${this.ownValues[at] as string}\r\n`;
      }
    }
    return runEnd > runStart ? output + this.text.slice(runStart, runEnd) : output;
  }

  private append(number: number, name: string, value: string): void {
    const at = this.count;
    this.appendParsed(number === 0 ? numberOfName(name.toLowerCase()) : number, -1, 0, 0, 0, 0);
    this.own(at, name, value);
  }

  /** Lets the field at that position hold its own strings. Its number is the caller's concern. */
  private own(at: number, name: string, value: string): void {
    while (this.ownNames.length <= at) {
      this.ownNames.push('');
      this.ownValues.push('');
    }
    this.slots[at * SLOT + NAME_START] = -1;
    this.ownNames[at] = name;
    this.ownValues[at] = value;
  }

  private nameAt(at: number): string {
    const slot = at * SLOT;
    const number = this.slots[slot] as number;
    if (number !== 0) return nameOfNumber(number);
    const start = this.slots[slot + NAME_START] as number;
    const name = start < 0 ? (this.ownNames[at] as string) : this.text.slice(start, this.slots[slot + NAME_END]);
    return name.toLowerCase();
  }

  private valueAt(at: number): string {
    const slot = at * SLOT;
    if ((this.slots[slot + NAME_START] as number) < 0) return this.ownValues[at] as string;
    return this.text.slice(this.slots[slot + VALUE_START], this.slots[slot + VALUE_END]);
  }

  /** The position of the first field of that name at or after `from`, or -1. */
  private find(name: string, from: number): number {
    const number = numberOfName(name);
    if (number === 0) {
      for (let at = from; at < this.count; at++) if (this.isNamed(at, name)) return at;
      return -1;
    }
    const first = (this.first[number] as number) - 1;
    if (from === 0 || first < 0) return first;
    for (let at = from; at < this.count; at++) if (this.slots[at * SLOT] === number) return at;
    return -1;
  }

  private isNamed(at: number, name: string): boolean {
    return this.nameLength(at) === name.length && this.startsWith(at, name);
  }

  private nameLength(at: number): number {
    const slot = at * SLOT;
    const start = this.slots[slot + NAME_START] as number;
    return start < 0 ? (this.ownNames[at] as string).length : (this.slots[slot + NAME_END] as number) - start;
  }

  private startsWith(at: number, beginning: string): boolean {
    const start = this.slots[at * SLOT + NAME_START] as number;
    const text = start < 0 ? (this.ownNames[at] as string) : this.text;
    const base = start < 0 ? 0 : start;
    if (this.nameLength(at) < beginning.length) return false;
    for (let index = 0; index < beginning.length; index++) {
      if (LOWER[text.charCodeAt(base + index)] !== LOWER[beginning.charCodeAt(index)]) return false;
    }
    return true;
  }

  private removeFrom(name: string, from: number): number {
    let at = this.find(name, from);
    if (at < 0) return 0;
    for (; at >= 0; at = this.find(name, at + 1)) this.slots[at * SLOT + LINE_END] = REMOVED;
    return this.sweep();
  }

  /**
   * Closes the gaps that fields marked as REMOVED leave and keeps `first` true: a first field goes only together with
   * all of its name. Gives how many there were.
   */
  private sweep(): number {
    const { slots, first } = this;
    let kept = 0;
    for (let at = 0; at < this.count; at++) {
      const from = at * SLOT;
      const number = slots[from] as number;
      const isFirst = number !== 0 && first[number] === at + 1;
      if (slots[from + LINE_END] === REMOVED) {
        if (isFirst) first[number] = 0;
        continue;
      }
      if (kept !== at) this.move(at, kept);
      kept++;
      if (isFirst) first[number] = kept;
    }
    const removed = this.count - kept;
    this.count = kept;
    return removed;
  }

  private reindex(): void {
    this.first.fill(0);
    for (let at = this.count - 1; at >= 0; at--) this.first[this.slots[at * SLOT] as number] = at + 1;
    this.first[0] = 0;
  }

  private move(at: number, to: number): void {
    const { slots } = this;
    const from = at * SLOT;
    const into = to * SLOT;
    for (let part = 0; part < SLOT; part++) slots[into + part] = slots[from + part] as number;
    if ((slots[from + NAME_START] as number) < 0) this.own(to, this.ownNames[at] as string, this.ownValues[at] as string);
  }

  private grow(): void {
    const larger = new Int32Array(this.slots.length * 2);
    larger.set(this.slots);
    this.slots = larger;
  }
}
