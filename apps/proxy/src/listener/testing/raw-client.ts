import { once } from 'node:events';
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A response as received. */
export interface RawResponse {
  readonly status: number;
  /** Status line and fields, without the empty line. */
  readonly head: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Content as text of one byte per character, chunked coding undone. */
  readonly body: string;
}

/** A client that sends exactly the given bytes and reads responses one by one. Tests only. */
export class RawClient {
  readonly socket: Socket;
  /** How the connection ended; undefined while it is open. */
  ending: 'end' | 'reset' | undefined = undefined;
  private wake: () => void = () => undefined;
  private chunks: Buffer[] = [];
  private length = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.length += chunk.length;
      this.wake();
    });
    socket.on('end', () => this.finish('end'));
    socket.on('error', () => this.finish('reset'));
    socket.on('close', () => this.finish('reset'));
  }

  /** Everything that was received and that the test has not read yet. */
  get received(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] as Buffer;
  }

  /** @param where the address to connect to, and the local address, when they matter */
  static async connect(
    port: number,
    where: Pick<TcpSocketConnectOpts, 'host' | 'localAddress'> = {},
  ): Promise<RawClient> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
      ...where,
    });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Connects over TLS without verifying the certificate. */
  static async connectTls(port: number): Promise<RawClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const client = new RawClient(socket);
    await once(socket, 'secureConnect');
    return client;
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Ends the client's side and keeps reading. */
  endSending(): this {
    this.socket.end();
    return this;
  }

  /** Resets the connection. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Waits for the text to arrive and takes everything up to its end. */
  async readUntil(text: string): Promise<string> {
    await this.until(() => this.received.includes(text) || this.ending !== undefined);
    const at = this.received.indexOf(text);
    if (at < 0)
      throw new Error(
        `connection over (${this.ending}) before ${JSON.stringify(text)}; received ${JSON.stringify(this.received.toString('latin1'))}`,
      );
    return this.take(at + text.length);
  }

  async readBytes(count: number): Promise<string> {
    await this.until(() => this.length >= count || this.ending !== undefined);
    if (this.length < count)
      throw new Error(`connection over (${this.ending}) after ${this.length} of ${count} bytes`);
    return this.take(count);
  }

  /**
   * Reads one response, content included.
   * @param method of the request, because HEAD has no content
   */
  async readResponse(method = 'GET'): Promise<RawResponse> {
    const head = (await this.readUntil('\r\n\r\n')).slice(0, -4);
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const status = Number(statusLine.split(' ')[1]);
    return { status, head, headers, body: await this.readBody(method, status, headers) };
  }

  /** Waits for the end of the connection and returns the remaining bytes. */
  async readToEnd(): Promise<string> {
    await this.until(() => this.ending !== undefined);
    return this.take(this.length);
  }

  private async readBody(
    method: string,
    status: number,
    headers: ReadonlyMap<string, string>,
  ): Promise<string> {
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return '';
    const length = headers.get('content-length');
    if (length !== undefined) return this.readBytes(Number(length));
    if (headers.get('transfer-encoding') !== 'chunked') return this.readToEnd();
    let body = '';
    for (;;) {
      const size = Number.parseInt(await this.readUntil('\r\n'), 16);
      const chunk = await this.readBytes(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  private take(count: number): string {
    const { received } = this;
    this.chunks = [received.subarray(count)];
    this.length -= count;
    return received.toString('latin1', 0, count);
  }

  private finish(ending: 'end' | 'reset'): void {
    this.ending ??= ending;
    this.wake();
  }

  private async until(ready: () => boolean): Promise<void> {
    const deadline = setTimeout(() => this.wake(), 30_000);
    const started = performance.now();
    while (!ready()) {
      if (performance.now() - started > 29_990) {
        throw new Error(
          `nothing more within 30 s; received ${JSON.stringify(this.received.toString('latin1').slice(0, 400))}`,
        );
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    clearTimeout(deadline);
  }
}
