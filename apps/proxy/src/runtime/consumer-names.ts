import type { ServedConsumer } from './served.ts';

/** The consumers in service by username and by custom id. */
export class ConsumerNames {
  readonly #byUsername = new Map<string, ServedConsumer>();
  /** Several consumers may have the same custom id: the newest is found. */
  readonly #byCustomId = new Map<string, ServedConsumer>();

  find(
    by: { readonly username: string } | { readonly customId: string },
  ): ServedConsumer | undefined {
    return 'username' in by ? this.#byUsername.get(by.username) : this.#byCustomId.get(by.customId);
  }

  set(consumer: ServedConsumer): void {
    const { username, customId } = consumer.spec;
    this.#byUsername.set(username, consumer);
    if (customId !== undefined) this.#byCustomId.set(customId, consumer);
  }

  /** Keeps a name that already belongs to another consumer: one revision may move it. */
  delete(consumer: ServedConsumer): void {
    const { username, customId } = consumer.spec;
    if (this.#byUsername.get(username) === consumer) this.#byUsername.delete(username);
    if (customId !== undefined && this.#byCustomId.get(customId) === consumer)
      this.#byCustomId.delete(customId);
  }
}
