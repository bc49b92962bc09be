import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { AccessLine, ProxyFixture } from './proxy-fixture.ts';
import type { RawRequest } from './raw-request.ts';

/** A request with the id under which its witnesses report; sent as its `User-Agent`. Tests only. */
export interface WitnessedRequest extends RawRequest {
  readonly id: string;
}

const concurrency = 32;

/**
 * Sends the requests over persistent connections and reports the status of each; 0 when the
 * connection ended before a whole response.
 */
export async function sendAll<Request extends WitnessedRequest>(
  port: number,
  requests: IterableIterator<Request>,
  onStatus: (request: Request, status: number) => void,
): Promise<void> {
  const worker = async (): Promise<void> => {
    let socket: Socket | undefined;
    for (const request of requests) {
      socket ??= await open(port);
      const { status, isKept } = await ask(socket, request);
      onStatus(request, status);
      if (!isKept) socket.destroy();
      if (socket.destroyed) socket = undefined;
    }
    socket?.destroy();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/**
 * Waits until the access log has `count` lines, passes each to `onLine` and empties the log. Throws
 * an Error when it has another number.
 */
export async function takeLog(
  { lines }: ProxyFixture,
  count: number,
  onLine: (line: AccessLine) => void,
): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (lines.length < count && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 1));
  if (lines.length !== count)
    throw new Error(`${count} requests have ${lines.length} lines in the access log`);
  for (const line of lines) onLine(line);
  lines.length = 0;
}

/** An origin that reports the target and Host of each request, and answers 200. */
export class WitnessOrigin {
  readonly #server: Server;

  private constructor(onRequest: (request: WitnessedRequest) => void) {
    this.#server = createServer((socket) => serve(socket, onRequest));
  }

  static async start(onRequest: (request: WitnessedRequest) => void): Promise<WitnessOrigin> {
    const origin = new WitnessOrigin(onRequest);
    await once(origin.#server.listen(0, '127.0.0.1'), 'listening');
    return origin;
  }

  /** Host and port. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
  }
}

function serve(socket: Socket, onRequest: (request: WitnessedRequest) => void): void {
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      onRequest({
        id: /^user-agent: (.*)$/im.exec(head)?.[1] ?? '',
        target: /^GET (.*) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? head,
        host: /^host: (.*)$/im.exec(head)?.[1] ?? '',
      });
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }
  });
}

/** Opens a connection that ignores errors: `ask` reports its end. */
async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends one request and waits for the whole response. */
function ask(
  socket: Socket,
  { id, target, host }: WitnessedRequest,
): Promise<{ status: number; isKept: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const done = (status: number, isKept: boolean): void => {
      socket.off('data', take);
      socket.off('close', closed);
      resolve({ status, isKept });
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      done(Number(head.slice(9, 12)), !/^connection: close$/im.test(head));
    };
    const closed = (): void => done(0, false);
    socket.on('data', take);
    socket.on('close', closed);
    socket.write(`GET ${target} HTTP/1.1\r\nUser-Agent: ${id}\r\nHost: ${host}\r\n\r\n`, 'latin1');
  });
}
