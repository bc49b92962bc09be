/** A key, besides the id, by which records are found. */
export interface RecordKey {
  /** Separates keys that share a table, such as the types of credentials. */
  readonly group: string;
  /** The property that holds the value; it is a string. */
  readonly property: string;
}

/** Tells which keys a record has; `undefined` for one that it lacks. */
export type KeysOf = (
  spec: Readonly<Record<string, unknown>>,
) => readonly (RecordKey | undefined)[];

/** What records of many resources have in common. */
export interface RecordShape {
  /** Properties whose texts each record holds itself, in their order. */
  readonly names: readonly string[];
  /** All other properties. Frozen, because resources share it. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** For each key its group, and the index of its property in `names`. */
  readonly keys: readonly ({ readonly group: string; readonly index: number } | undefined)[];
}

/** Properties with few values, which are no text of each record. */
const sharedTexts: ReadonlySet<string> = new Set(['type', 'ca', 'algorithm']);

/** Shapes are numbered with two bytes; the last number marks a record with a shape of its own. */
const maxShapes = 0xffff;

/** The shapes of all records, numbered. They are shared with successors and never removed. */
export class RecordShapes {
  /** Number of a record that holds its shape as text. */
  static readonly inline = maxShapes;
  readonly #keysOf: KeysOf;
  readonly #byText = new Map<string, number>();
  readonly #shapes: RecordShape[] = [];

  constructor(keysOf: KeysOf) {
    this.#keysOf = keysOf;
  }

  /** The shape of a spec as text. */
  textOf(spec: Readonly<Record<string, unknown>>): string {
    const names: string[] = [];
    const rest: Record<string, unknown> = {};
    for (const name of Object.keys(spec)) {
      const value = spec[name];
      if (typeof value === 'string' && !sharedTexts.has(name)) names.push(name);
      else if (value !== undefined) rest[name] = value;
    }
    return JSON.stringify([names, rest]);
  }

  /** The number of a shape, or {@link RecordShapes.inline} when there are too many. */
  numberOf(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (this.#shapes.length >= maxShapes) return maxShapes;
    this.#byText.set(text, this.#shapes.length);
    return this.#shapes.push(this.parse(text)) - 1;
  }

  at(number: number): RecordShape {
    return this.#shapes[number] as RecordShape;
  }

  parse(text: string): RecordShape {
    const [names, rest] = JSON.parse(text) as [string[], Record<string, unknown>];
    const keys = this.#keysOf(rest).map((key) => {
      const index = key === undefined ? -1 : names.indexOf(key.property);
      return key === undefined || index < 0 ? undefined : { group: key.group, index };
    });
    for (const value of Object.values(rest)) Object.freeze(value);
    return { names, rest, keys };
  }
}
