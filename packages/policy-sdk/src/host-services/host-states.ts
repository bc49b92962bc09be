const maxStates = 100;

/** The states of one attachment, and the number of its open hosts. */
interface Holding {
  hosts: number;
  readonly states: Map<string, object>;
}

/**
 * The states of all attachments. While an attachment's configuration changes it has two hosts, one
 * for the old and one for the new; they share its states, which are disposed with the last of them.
 */
export class HostStates {
  readonly #holdings = new Map<string, Holding>();

  /** The number of attachments that have states. */
  get size(): number {
    return this.#holdings.size;
  }

  /** Adds a host of an attachment. Each call is ended by one of {@link release}. */
  hold(policyId: string): Map<string, object> {
    const holding = this.#holdings.get(policyId) ?? { hosts: 0, states: new Map() };
    holding.hosts += 1;
    this.#holdings.set(policyId, holding);
    return holding.states;
  }

  /** Ends a hold. The last one disposes the states; rejects with the first fault of that. */
  async release(policyId: string): Promise<void> {
    const holding = this.#holdings.get(policyId);
    if (holding === undefined) return;
    holding.hosts -= 1;
    if (holding.hosts > 0) return;
    this.#holdings.delete(policyId);
    const ends = await Promise.allSettled([...holding.states.values()].map(dispose));
    const fault = ends.find((end) => end.status === 'rejected');
    if (fault !== undefined) throw fault.reason;
  }
}

/** Returns the state under the key, or creates it. */
export function stateOf<T extends object>(
  states: Map<string, object>,
  key: string,
  create: () => T,
): T {
  const known = states.get(key);
  if (known !== undefined) return known as T;
  if (states.size >= maxStates)
    throw new RangeError(`a policy has at most ${maxStates} states: use one with a map in it`);
  const state = create();
  states.set(key, state);
  return state;
}

type Disposable = Partial<Record<'close', () => unknown>> & {
  [Symbol.dispose]?: () => unknown;
  [Symbol.asyncDispose]?: () => unknown;
};

async function dispose(state: Disposable): Promise<void> {
  const end = state[Symbol.asyncDispose] ?? state[Symbol.dispose] ?? state.close;
  await end?.call(state);
}
