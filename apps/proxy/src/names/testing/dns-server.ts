import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/**
 * The answer for a name. `silent` never answers; `truncated` says over UDP that the answer needs
 * TCP.
 */
export interface Zone {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly ttl?: number;
  readonly rcode?: number;
  readonly silent?: boolean;
  readonly truncated?: boolean;
  readonly delayMs?: number;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;

/**
 * A DNS server for specs, on UDP and TCP of one port. Names that are not in the zones do not exist.
 */
export class DnsServer {
  readonly zones = new Map<string, Zone>();
  /** The queried names, one entry for each question of type A. */
  readonly asked: string[] = [];
  readonly #udp: Socket;
  readonly #tcp: Server;
  #port = 0;

  private constructor() {
    this.#udp = createSocket('udp4', (message, { port, address }) =>
      this.#answer(message, true, (bytes) => this.#udp.send(bytes, port, address, () => undefined)),
    );
    this.#tcp = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        this.#answer(chunk.subarray(2), false, (bytes) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(bytes.length);
          socket.write(Buffer.concat([length, bytes]));
        });
      });
    });
  }

  static async start(): Promise<DnsServer> {
    const server = new DnsServer();
    server.#tcp.listen(0, '127.0.0.1');
    await once(server.#tcp, 'listening');
    server.#port = (server.#tcp.address() as AddressInfo).port;
    server.#udp.bind(server.#port, '127.0.0.1');
    await once(server.#udp, 'listening');
    return server;
  }

  /** The address in the form of `setServers`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  stop(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  #answer(query: Buffer, isUdp: boolean, send: (bytes: Buffer) => void): void {
    const { name, type, end } = question(query);
    if (type === TYPE_A) this.asked.push(name);
    const zone = this.zones.get(name) ?? { rcode: NXDOMAIN };
    if (zone.silent === true) return;
    const texts = (type === TYPE_A ? zone.a : type === TYPE_AAAA ? zone.aaaa : []) ?? [];
    const isTruncated = zone.truncated === true && isUdp;
    const records = isTruncated ? [] : texts.map((text) => record(type, text, zone.ttl ?? 60));
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (isTruncated ? 0x0200 : 0) | (zone.rcode ?? 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const bytes = Buffer.concat([head, query.subarray(12, end), ...records]);
    if (zone.delayMs === undefined) send(bytes);
    else setTimeout(() => send(bytes), zone.delayMs).unref();
  }
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function record(type: number, text: string, ttl: number): Buffer {
  const data = type === TYPE_A ? Buffer.from(text.split('.').map(Number)) : ipv6Bytes(text);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(text: string): Buffer {
  const [left = '', right = ''] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
