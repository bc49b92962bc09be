import { errorMessage } from '@sluice/errors';
import type { PolicyLogger } from '../host.ts';
import type { SharedSetOptions, SharedStore, SharedSubscription } from '../host/shared-store.ts';

const maxKeyLength = 512;
/** Characters; a value is at most four times as many bytes. */
const maxValueLength = 65_536;
const maxTtlMs = 400 * 86_400_000;
const maxSubscriptions = 16;

/**
 * The shared store of one policy attachment: checks what the policy stores, and ends its
 * subscriptions when the policy closes.
 */
export class HostSharedStore implements SharedStore {
  readonly #store: SharedStore;
  readonly #logger: PolicyLogger;
  readonly #subscriptions = new Set<SharedSubscription>();
  #isClosed = false;

  constructor(store: SharedStore, logger: PolicyLogger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** {@inheritDoc SharedStore.isShared} */
  get isShared(): boolean {
    return this.#store.isShared;
  }

  /** {@inheritDoc SharedStore.get} */
  async get(key: string): Promise<string | undefined> {
    return await this.#store.get(checkedKey(key));
  }

  /** {@inheritDoc SharedStore.set} */
  async set(key: string, value: string, options: SharedSetOptions): Promise<boolean> {
    const { ttlMs } = options;
    if (!(ttlMs >= 1 && ttlMs <= maxTtlMs))
      throw new RangeError(`a value lives from 1 ms to 400 days, not ${ttlMs} ms`);
    if (value.length > maxValueLength)
      throw new RangeError(`a shared value has at most ${maxValueLength} characters`);
    return await this.#store.set(checkedKey(key), value, options);
  }

  /** {@inheritDoc SharedStore.take} */
  async take(key: string): Promise<string | undefined> {
    return await this.#store.take(checkedKey(key));
  }

  /** {@inheritDoc SharedStore.delete} */
  async delete(key: string): Promise<void> {
    await this.#store.delete(checkedKey(key));
  }

  /** {@inheritDoc SharedStore.publish} */
  async publish(channel: string, text: string): Promise<void> {
    if (text.length > maxValueLength)
      throw new RangeError(`a message has at most ${maxValueLength} characters`);
    await this.#store.publish(checkedKey(channel), text);
  }

  /** {@inheritDoc SharedStore.subscribe} */
  subscribe(channel: string, act: (text: string) => unknown): SharedSubscription {
    if (this.#isClosed) throw new Error('the policy is closed: subscribe in compile, not later');
    if (this.#subscriptions.size >= maxSubscriptions)
      throw new RangeError(`a policy has at most ${maxSubscriptions} subscriptions`);
    const subscription = this.#store.subscribe(checkedKey(channel), (text) => this.#run(act, text));
    this.#subscriptions.add(subscription);
    return {
      get staleMs() {
        return subscription.staleMs;
      },
      get gaps() {
        return subscription.gaps;
      },
      stop: () => {
        this.#subscriptions.delete(subscription);
        subscription.stop();
      },
    };
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.stop();
    this.#subscriptions.clear();
  }

  async #run(act: (text: string) => unknown, text: string): Promise<void> {
    try {
      await act(text);
    } catch (fault) {
      this.#logger.warn('the policy could not use a message', { error: errorMessage(fault) });
    }
  }
}

function checkedKey(key: string): string {
  if (key.length === 0 || key.length > maxKeyLength)
    throw new RangeError(`a shared key has 1 to ${maxKeyLength} characters, not ${key.length}`);
  return key;
}
