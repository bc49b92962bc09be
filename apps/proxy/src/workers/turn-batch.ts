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
    if (this.#messages.length === 0) setImmediate(() => this.#flush());
    this.#messages.push(message);
  }

  #flush(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#send(messages);
  }
}

/** What arrives from another process: one message, or those of a turn. */
export type Received<Message> = Message | readonly Message[];

/** Takes the messages one by one, in their order. */
export function eachOf<Message extends object>(received: Received<Message>, take: (message: Message) => void): void {
  if (Array.isArray(received)) for (const message of received as readonly Message[]) take(message);
  else take(received as Message);
}
