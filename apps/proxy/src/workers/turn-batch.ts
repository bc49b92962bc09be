import { soon } from '@sluice/errors';

/**
 * Gathers what is to be sent in one turn of the event loop, to cross over to another process in one message: under load a
 * turn serves many requests, and each message costs two system calls and a serialisation on either side.
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
