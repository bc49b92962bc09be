import { errorMessage } from '@sluice/errors';
import { RawOrigin, type OriginConnection } from '../../upstream/testing/raw-origin.ts';
import { readBeginning, readRequest } from './request-transcript.ts';

/** The bytes that an origin received since the last `forget`. */
export interface Received {
  /** Complete requests in order of arrival, in their wire form with joined chunks. */
  readonly requests: readonly string[];
  /** Head and content of incomplete requests on closed connections. */
  readonly abandoned: readonly string[];
  /** The same on open connections. */
  readonly pending: readonly string[];
}

/**
 * An upstream that answers each request with its method and target, so that responses cannot be
 * confused, and that records every byte it receives. Tests only.
 */
export class RecordingOrigin {
  readonly #origin: RawOrigin;
  #requests: string[];
  /** Number of bytes of each connection that were examined. */
  readonly #read: Map<OriginConnection, number>;

  private constructor(origin: RawOrigin, requests: string[], read: Map<OriginConnection, number>) {
    this.#origin = origin;
    this.#requests = requests;
    this.#read = read;
  }

  static async start(): Promise<RecordingOrigin> {
    const requests: string[] = [];
    const read = new Map<OriginConnection, number>();
    const origin = await RawOrigin.start((connection) => {
      read.set(connection, 0);
      connection.socket.on('data', () => {
        for (;;) {
          const from = read.get(connection) ?? 0;
          const request = attempt(() => readRequest(connection.received.slice(from)));
          if (typeof request === 'string') requests.push(request);
          if (request === undefined || typeof request === 'string') break;
          read.set(connection, from + request.length);
          requests.push(request.text);
          const body = `${request.method} ${request.target}`;
          connection.socket.write(
            `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${request.method === 'HEAD' ? '' : body}`,
          );
        }
      });
    });
    return new RecordingOrigin(origin, requests, read);
  }

  get address(): string {
    return this.#origin.address;
  }

  /**
   * Returns the bytes received since the last `forget`. @throws Error when they are not strict HTTP
   */
  get received(): Received {
    const rests = this.#origin.connections.map((connection) => ({
      closed: connection.closed,
      text: connection.received.slice(this.#read.get(connection) ?? 0),
    }));
    const begun = rests
      .filter(({ text }) => text !== '')
      .map(({ closed, text }) => ({ closed, text: readBeginning(text) }));
    return {
      requests: [...this.#requests],
      abandoned: begun.filter(({ closed }) => closed).map(({ text }) => text),
      pending: begun.filter(({ closed }) => !closed).map(({ text }) => text),
    };
  }

  /** Clears the record. Connections stay open. */
  forget(): void {
    this.#requests.length = 0;
    for (const connection of this.#origin.connections)
      this.#read.set(connection, connection.received.length);
  }

  stop(): void {
    this.#origin.stop();
  }
}

/**
 * Returns the function's result or its error message: an exception in an event handler would end
 * the test run.
 */
function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (fault) {
    return `cannot be read: ${errorMessage(fault)}`;
  }
}
