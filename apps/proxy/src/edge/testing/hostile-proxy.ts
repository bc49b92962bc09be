import { errorMessage } from '@sluice/errors';
import { expect } from '@jest/globals';
import { ProxyFixture } from '../../exchange/testing/proxy-fixture.ts';
import { RawClient } from '../../listener/testing/raw-client.ts';
import { eventually } from '../../listener/testing/running-listener.ts';
import { resource } from '../../runtime/testing/resources.ts';
import { RawOrigin, type OriginConnection } from '../../upstream/testing/raw-origin.ts';
import { deliveries } from './deliveries.ts';
import { head, refusal, type HostileRow } from './hostile-row.ts';
import { H } from './messages.ts';
import { joinChunks } from './request-transcript.ts';

/** What the upstream says at the moment: the row, and how it is cut. */
interface Script {
  readonly row: HostileRow;
  readonly pieces: readonly string[];
}

/**
 * A whole proxy whose upstream answers one path as a row specifies and every other correctly. It
 * checks for each row the exact bytes that the client receives, the state of both connections
 * afterwards, and that the next requests of this client and of another one get their own responses.
 * Tests only.
 */
export class HostileProxy {
  readonly #origin: RawOrigin;
  readonly #proxy: ProxyFixture;
  readonly #scripts: Script[];

  private constructor(origin: RawOrigin, proxy: ProxyFixture, scripts: Script[]) {
    this.#origin = origin;
    this.#proxy = proxy;
    this.#scripts = scripts;
  }

  static async start(): Promise<HostileProxy> {
    const scripts: Script[] = [];
    const origin = await RawOrigin.start((connection) => answerAsScripted(connection, scripts));
    const proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default' }),
        resource('service', {
          name: 'origin',
          targets: [{ address: origin.address }],
          timeouts: { firstByteMs: 1_000, idleMs: 1_000, totalMs: 5_000 },
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
      ],
    });
    return new HostileProxy(origin, proxy, scripts);
  }

  /** Tries the row in every way in which its bytes may come. */
  async check(row: HostileRow): Promise<void> {
    for (const delivery of deliveries) {
      if (delivery.pipelined) continue;
      try {
        await this.#try({ row, pieces: delivery.pieces(row.says) });
      } catch (fault) {
        throw new Error(`${delivery.name}: ${errorMessage(fault)}`, { cause: fault });
      }
    }
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    this.#origin.stop();
  }

  async #try(script: Script): Promise<void> {
    const { row } = script;
    const [client, other] = [
      await RawClient.connect(this.#proxy.port),
      await RawClient.connect(this.#proxy.port),
    ];
    client.send(ask('GET', '/before'));
    expect((await client.readResponse()).body).toBe('GET /before');
    this.#scripts.push(script);
    client.send(ask(row.method, '/row'));
    if (row.closes) await checkBrokenOff(client, row);
    else await checkWhole(client, row.client);
    expect((await other.send(ask('GET', '/other')).readResponse()).body).toBe('GET /other');
    await this.#checkConnection(row);
    // By now, surplus bytes of the upstream would have arrived at a client.
    expect([client.received.length, other.received.length]).toEqual([0, 0]);
    client.close();
    other.close();
  }

  /** Checks that an upstream connection with surplus or missing bytes is not used again. */
  async #checkConnection({ keeps }: HostileRow): Promise<void> {
    const used = this.#origin.connections.filter(({ received }) =>
      received.includes('/row HTTP/1.1'),
    );
    const connection = used.at(-1);
    if (keeps)
      expect(connection?.received).toMatch(/\/row HTTP\/1\.1\r\n[^]*\/next HTTP\/1\.1\r\n/);
    else {
      await eventually(() => connection?.closed === true);
      expect(connection?.received).toMatch(/\/row HTTP\/1\.1\r\n(?![^]* HTTP\/1\.1\r\n)/);
    }
    for (const each of used) each.received = '';
  }
}

/** Checks the response, and that the next one on the connection belongs to the next request. */
async function checkWhole(client: RawClient, expected: string, seen = ''): Promise<void> {
  client.send(ask('GET', '/next'));
  expect(readable(seen + (await client.readUntil('\r\n\r\nGET /next')))).toBe(
    expected + answerTo('/next'),
  );
}

/** Checks that the response is incomplete, or a refusal when all its bytes arrived at once. */
async function checkBrokenOff(client: RawClient, row: HostileRow): Promise<void> {
  const begun = await client.readUntil('\r\n\r\n');
  if (begun.startsWith('HTTP/1.1 502 '))
    await checkWhole(client, refusal('upstream_malformed_response'), begun);
  else expect(readable(begun + (await client.readToEnd()))).toBe(row.client);
}

function ask(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\n${H}\r\n`;
}

function answerTo(path: string): string {
  const body = `GET ${path}`;
  return head('200 OK', '', `Content-Length: ${body.length}\r\n`) + body;
}

/** The text without what differs from run to run. */
function readable(text: string): string {
  const withoutChance = text
    .replace(/^X-Request-Id: [^\r\n]+/gm, 'X-Request-Id: <id>')
    .replace(/^Date: \w{3}, [^\r\n]+ GMT\r$/gm, 'Date: <date>\r')
    .replace(/"requestId":"[^"]+"/, '"requestId":"<id>"')
    .replace(/^Content-Length: [0-9]+(?=\r\n\r\n\{)/m, 'Content-Length: <length>');
  return joinChunks(withoutChance);
}

function answerAsScripted({ socket }: OriginConnection, scripts: Script[]): void {
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
      const [method = '', path = ''] = seen.split(' ', 2);
      seen = seen.slice(end + 4);
      const body = `${method} ${path}`;
      if (path !== '/row')
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      else void say(socket, scripts.at(-1));
    }
  });
}

/** Writes each piece in its own turn, so that the proxy reads it alone. */
async function say(socket: OriginConnection['socket'], script: Script | undefined): Promise<void> {
  for (const piece of script?.pieces ?? []) {
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(Buffer.from(piece, 'latin1'));
    if ((script?.pieces.length ?? 0) > 1) await new Promise(setImmediate);
  }
  if (script?.row.then === 'end') socket.end();
  // A reset takes back what the other side has not read yet.
  if (script?.row.then === 'reset') setTimeout(() => socket.resetAndDestroy(), 10);
}
