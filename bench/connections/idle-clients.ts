/**
 * Many idle keep-alive connections: each has sent one request and received its response. Started by
 * a benchmark, which controls it with messages.
 */
import { connect, type Socket } from 'node:net';

/** Open connections, see that all of them still work, or close them. */
export type IdleOrder =
  | { readonly what: 'open'; readonly port: number; readonly count: number }
  | { readonly what: 'ask again' }
  | { readonly what: 'close' };

/** How many connections got a good answer, and how many did not. */
export interface IdleReport {
  readonly good: number;
  readonly failed: number;
}

const perAddress = 250;
/** Requests under way at a time: a crowd, and no flood. */
const atOnce = 50;
const request = Buffer.from(
  'GET /orders/17 HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: application/json\r\n\r\n',
);
const readBuffer = Buffer.alloc(65_536);

/** One connection, which is asked again and again. */
class IdleClient {
  readonly #socket: Socket;
  #text = '';
  #answered: (isGood: boolean) => void = () => undefined;

  /**
   * @param index which one it is: 250 of them share an address, as one address may not have many
   * connections
   */
  constructor(port: number, index: number) {
    const onread = { buffer: readBuffer, callback: (bytes: number) => this.#take(bytes) };
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      localAddress: `127.0.1.${1 + Math.floor(index / perAddress)}`,
      noDelay: true,
      onread,
    });
    const broken = (): void => this.#answered(false);
    this.#socket.on('error', broken).on('end', broken).on('close', broken);
  }

  /** Sends a request; true when it was answered with 200 and the connection stays. */
  ask(): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve(false);
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: number): boolean {
    this.#text += readBuffer.toString('latin1', 0, bytes);
    const end = this.#text.indexOf('\r\n\r\n');
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (end >= 0 && this.#text.length >= end + 4 + length) {
      const isGood =
        this.#text.startsWith('HTTP/1.1 200 ') &&
        !/\r\nconnection: *close/i.test(this.#text.slice(0, end));
      this.#text = '';
      this.#answered(isGood);
    }
    return true;
  }
}

let clients: IdleClient[] = [];

async function askAll(next: () => IdleClient | undefined): Promise<IdleReport> {
  let good = 0;
  let failed = 0;
  const lane = async (): Promise<void> => {
    for (let client = next(); client !== undefined; client = next()) {
      if (await client.ask()) good++;
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { good, failed };
}

async function carryOut(order: IdleOrder): Promise<IdleReport> {
  if (order.what === 'close') {
    for (const client of clients) client.close();
    const good = clients.length;
    clients = [];
    return { good, failed: 0 };
  }
  if (order.what === 'ask again') {
    const [...all] = clients;
    return askAll(() => all.pop());
  }
  return askAll(() => {
    if (clients.length >= order.count) return undefined;
    const client = new IdleClient(order.port, clients.length);
    clients.push(client);
    return client;
  });
}

if (process.send !== undefined) {
  process.on(
    'message',
    (order: IdleOrder) => void carryOut(order).then((report) => process.send?.(report)),
  );
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
