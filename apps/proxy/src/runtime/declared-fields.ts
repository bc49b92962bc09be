import { gatewayFields, ProtectedFields, type CompiledPolicy } from '@sluice/policy-sdk/run';

type Declaring = Pick<CompiledPolicy, 'upstreamFields' | 'readFields'>;

/** The field names that the compiled policies of a node declare, counted by policy. */
export class DeclaredFields {
  readonly #upstream = new Map<string, number>();
  readonly #read = new Map<string, number>();
  #protected: ProtectedFields | undefined = gatewayFields;

  /** Created again when a name was added or removed since. */
  get protected(): ProtectedFields {
    this.#protected ??= new ProtectedFields(this.#upstream.keys(), this.#read.keys());
    return this.#protected;
  }

  add({ upstreamFields = [], readFields = [] }: Declaring): void {
    for (const name of upstreamFields) this.#count(this.#upstream, name, 1);
    for (const name of readFields) this.#count(this.#read, name, 1);
  }

  /** Takes back what {@link add} has added for the policy. */
  remove({ upstreamFields = [], readFields = [] }: Declaring): void {
    for (const name of upstreamFields) this.#count(this.#upstream, name, -1);
    for (const name of readFields) this.#count(this.#read, name, -1);
  }

  #count(names: Map<string, number>, name: string, by: 1 | -1): void {
    const lower = name.toLowerCase();
    const before = names.get(lower) ?? 0;
    const count = before + by;
    if (count === 0) names.delete(lower);
    else names.set(lower, count);
    if (before === 0 || count === 0) this.#protected = undefined;
  }
}
