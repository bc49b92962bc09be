/** Names one value of an exchange; policies that share the slot share the value. */
export class DataSlot<T> {
  readonly name: string;
  /** Only for the type checker: a slot of one type is no slot of another. */
  declare protected readonly type: T;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Creates a slot. Create it once, at the top of a module, and import it where the value is read:
 * two slots with the same name are two slots.
 */
export function dataSlot<T>(name: string): DataSlot<T> {
  return new DataSlot<T>(name);
}

/** Values that policies pass to later policies and phases of the same exchange. */
export class ExchangeData {
  private readonly values: Map<DataSlot<unknown>, unknown>;

  constructor(from?: ExchangeData) {
    this.values = new Map(from?.values);
  }

  /** Undefined when no policy has set the slot. */
  get<T>(slot: DataSlot<T>): T | undefined {
    return this.values.get(slot) as T | undefined;
  }

  set<T>(slot: DataSlot<T>, value: T): void {
    this.values.set(slot, value);
  }
}
