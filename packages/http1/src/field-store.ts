/**
 * FieldStore: the memory layout of the fields of a HeaderList. A parsed field is four offsets into
 * the text of the head; its string is created when it is first read. A field that was set or added
 * keeps its own two strings.
 *
 * Invariants
 * - `slots` contains SLOT numbers for each field. A parsed field has nameStart >= 0. An own field
 *   has nameStart = -1, its strings in `ownPrefixes` (name, colon, space) and `ownValues` at its
 *   position, and its whole line in `ownLines` when there is such a text.
 * - `first[n]` is 1 + the position of the first field whose name has number n, or 0.
 */
import { HTAB, LOWER, PLAIN } from './byte-classes.ts';
import { charCodeAt } from './char-code.ts';
import type { NameBeginnings } from './name-beginnings.ts';
import { FIELD_NUMBERS, type FieldName, nameOfNumber, numberOfName } from './field-names.ts';

export const SLOT = 6;
export const NUMBER = 0;
export const NAME_START = 1;
const NAME_END = 2;
const VALUE_START = 3;
const VALUE_END = 4;
export const LINE_END = 5;
/** Characters of `: ` at the end of a prefix. */
const PREFIX_END = 2;
const INITIAL_FIELDS = 24;
/** In place of LINE_END: the next sweep removes the field. */
export const REMOVED = -1;

/**
 * The storage of a HeaderList, with the methods that the parsers of this package use to fill it.
 */
export class FieldStore {
  protected text = '';
  protected count = 0;
  protected slots = new Int32Array(INITIAL_FIELDS * SLOT);
  protected first = new Uint16Array(FIELD_NUMBERS);
  protected ownPrefixes: string[] = [];
  protected ownValues: string[] = [];
  protected ownLines: (string | undefined)[] = [];

  /** For the parsers: empties the list for the next message. */
  reset(): void {
    for (let at = 0; at < this.count; at++) this.first[this.slots[at * SLOT] as number] = 0;
    this.count = 0;
  }

  /**
   * For the parsers: appends the field whose parts are at these offsets of the text that `attach`
   * sets.
   */
  appendParsed(
    number: number,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    lineEnd: number,
  ): void {
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

  /**
   * For this package: removes the fields with these numbers. One pass, and none when there are no
   * such fields.
   */
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

  /**
   * For the parsers: whether there is a tab around the value of the first field with that number,
   * which was parsed.
   */
  hasTabAround(number: number): boolean {
    const slot = ((this.first[number] as number) - 1) * SLOT;
    if (slot < 0) return false;
    const { slots } = this;
    return (
      this.hasTab((slots[slot + NAME_END] as number) + 1, slots[slot + VALUE_START] as number) ||
      this.hasTab(slots[slot + VALUE_END] as number, slots[slot + LINE_END] as number)
    );
  }

  private hasTab(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (charCodeAt(this.text, at) === HTAB) return true;
    return false;
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

  protected append(number: number, prefix: string, value: string, line?: string): void {
    const at = this.count;
    this.appendParsed(number, -1, 0, 0, 0, 0);
    this.own(at, prefix, value, line);
  }

  /** Gives the field at that position strings of its own. The caller updates its number. */
  protected own(at: number, prefix: string, value: string, line?: string): void {
    while (this.ownPrefixes.length <= at) {
      this.ownPrefixes.push('');
      this.ownValues.push('');
      this.ownLines.push(undefined);
    }
    this.slots[at * SLOT + NAME_START] = -1;
    this.ownPrefixes[at] = prefix;
    this.ownValues[at] = value;
    this.ownLines[at] = line;
  }

  /** The name of the own field at that position, as it is sent. */
  protected ownNameAt(at: number): string {
    return (this.ownPrefixes[at] as string).slice(0, -PREFIX_END);
  }

  protected nameAt(at: number): string {
    const slot = at * SLOT;
    const number = this.slots[slot] as number;
    if (number !== 0) return nameOfNumber(number);
    const start = this.slots[slot + NAME_START] as number;
    const name =
      start < 0 ? this.ownNameAt(at) : this.text.slice(start, this.slots[slot + NAME_END]);
    return name.toLowerCase();
  }

  protected valueAt(at: number): string {
    const slot = at * SLOT;
    if ((this.slots[slot + NAME_START] as number) < 0) return this.ownValues[at] as string;
    return this.text.slice(this.slots[slot + VALUE_START], this.slots[slot + VALUE_END]);
  }

  /** The position of the first field of that name at or after `from`, or -1. */
  protected find(name: string | FieldName, from: number): number {
    const isPrepared = typeof name !== 'string';
    const number = isPrepared ? name.number : numberOfName(name);
    if (number === 0) {
      const text = isPrepared ? name.lower : name;
      for (let at = from; at < this.count; at++) if (this.isNamed(at, text)) return at;
      return -1;
    }
    const first = (this.first[number] as number) - 1;
    if (from === 0 || first < 0) return first;
    for (let at = from; at < this.count; at++) if (this.slots[at * SLOT] === number) return at;
    return -1;
  }

  protected isNamed(at: number, name: string): boolean {
    return this.nameLength(at) === name.length && this.startsWith(at, name);
  }

  protected nameLength(at: number): number {
    const slot = at * SLOT;
    const start = this.slots[slot + NAME_START] as number;
    return start < 0
      ? (this.ownPrefixes[at] as string).length - PREFIX_END
      : (this.slots[slot + NAME_END] as number) - start;
  }

  protected beginsWithOne(at: number, names: NameBeginnings): boolean {
    const start = this.slots[at * SLOT + NAME_START] as number;
    if (
      !names.mayStartWith(
        start < 0 ? charCodeAt(this.ownPrefixes[at] as string, 0) : charCodeAt(this.text, start),
      )
    )
      return false;
    for (const beginning of names.beginnings) if (this.startsWith(at, beginning)) return true;
    for (const name of names.namesOf(this.nameLength(at)))
      if (this.isPlainly(at, name)) return !names.isExempt(this.nameAt(at));
    return false;
  }

  /** Whether the name at that position, of the same length, is `plain` in one of its spellings. */
  private isPlainly(at: number, plain: string): boolean {
    const start = this.slots[at * SLOT + NAME_START] as number;
    const text = start < 0 ? (this.ownPrefixes[at] as string) : this.text;
    const base = start < 0 ? 0 : start;
    for (let index = 0; index < plain.length; index++)
      if (PLAIN[charCodeAt(text, base + index)] !== charCodeAt(plain, index)) return false;
    return true;
  }

  protected startsWith(at: number, beginning: string): boolean {
    const start = this.slots[at * SLOT + NAME_START] as number;
    const text = start < 0 ? (this.ownPrefixes[at] as string) : this.text;
    const base = start < 0 ? 0 : start;
    const { length } = beginning;
    if (this.nameLength(at) < length) return false;
    for (let index = 0; index < length; index++) {
      if (LOWER[charCodeAt(text, base + index)] !== LOWER[charCodeAt(beginning, index)])
        return false;
    }
    return true;
  }

  protected removeFrom(name: string | FieldName, from: number): number {
    let at = this.find(name, from);
    if (at < 0) return 0;
    for (; at >= 0; at = this.find(name, at + 1)) this.slots[at * SLOT + LINE_END] = REMOVED;
    return this.sweep();
  }

  /**
   * Closes the gaps of fields marked as REMOVED and keeps `first` correct: a first field is only
   * removed together with all fields of its name. Returns the number of removed fields.
   */
  protected sweep(): number {
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

  protected reindex(): void {
    this.first.fill(0);
    for (let at = this.count - 1; at >= 0; at--)
      this.first[this.slots[at * SLOT] as number] = at + 1;
    this.first[0] = 0;
  }

  protected move(at: number, to: number): void {
    const { slots } = this;
    const from = at * SLOT;
    const into = to * SLOT;
    for (let part = 0; part < SLOT; part++) slots[into + part] = slots[from + part] as number;
    if ((slots[from + NAME_START] as number) < 0)
      this.own(to, this.ownPrefixes[at] as string, this.ownValues[at] as string, this.ownLines[at]);
  }

  protected grow(): void {
    const larger = new Int32Array(this.slots.length * 2);
    larger.set(this.slots);
    this.slots = larger;
  }
}
