import { soon } from '@sluice/errors';

/**
 * Collects the messages of one turn of the event loop and sends them to another process as one:
 * under load a turn serves many requests, and each message costs two system calls and serialization
 * on both sides.
 */
export class TurnBatch<Message> {
  readonly #send: (messages: readonly Message[]) => void;
  #messages: Message[] = [];

  constructor(send: (messages: readonly Message[]) => void) {
    this.#send = send;
  }

  /** Sends the message at the end of this turn. */
  add(message: Message): void {
    if (this.#messages.length === 0) soon('workers', () => this.#flush());
    this.#messages.push(message);
  }

  #flush(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#send(messages);
  }
}
