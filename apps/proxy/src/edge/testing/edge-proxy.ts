import { errorMessage } from '@sluice/errors';
import { expect } from '@jest/globals';
import { ProxyFixture } from '../../exchange/testing/proxy-fixture.ts';
import type { ListenerOptions } from '../../listener/listener-options.ts';
import { RawClient, type RawResponse } from '../../listener/testing/raw-client.ts';
import { eventually } from '../../listener/testing/running-listener.ts';
import { resource } from '../../runtime/testing/resources.ts';
import { deliveries, type Delivery } from './deliveries.ts';
import type { EdgeRow } from './edge-row.ts';
import { get, request } from './messages.ts';
import { RecordingOrigin } from './recording-origin.ts';

/** Content limit of the gateway in these specs. */
export const maxBodyBytes = 2_000;

/**
 * A whole proxy between raw sockets. It checks three things for every row: the response that the
 * client receives, the exact bytes that the upstream receives, and that the next request on the
 * connection gets its own response or the connection is closed. Tests only.
 */
export class EdgeProxy {
  readonly proxy: ProxyFixture;
  readonly origin: RecordingOrigin;

  private constructor(proxy: ProxyFixture, origin: RecordingOrigin) {
    this.proxy = proxy;
    this.origin = origin;
  }

  static async start(listener: Partial<ListenerOptions> = {}): Promise<EdgeProxy> {
    const origin = await RecordingOrigin.start();
    const proxy = await ProxyFixture.start({
      listener,
      resources: [
        resource('gateway', { name: 'default', limits: { maxBodyBytes } }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
        }),
        resource('route', {
          name: 'kept',
          paths: ['/kept/*'],
          service: 'service-origin',
          encodedSlashes: 'keep',
          rewrite: { host: 'preserve' },
        }),
        resource('route', {
          name: 'keyed',
          paths: ['/keyed/*'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
          policies: [{ name: 'key-auth' }],
        }),
      ],
    });
    return new EdgeProxy(proxy, origin);
  }

  /** Tests the row with every delivery. */
  async check(row: EdgeRow): Promise<void> {
    for (const delivery of deliveries) {
      try {
        await this.#try(row, delivery);
      } catch (fault) {
        throw new Error(`${delivery.name}: ${errorMessage(fault)}`, { cause: fault });
      }
    }
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    this.origin.stop();
  }

  async #try(row: EdgeRow, delivery: Delivery): Promise<void> {
    this.origin.forget();
    const client = await RawClient.connect(this.proxy.port);
    const [before, next] = [get('/before'), get('/next')];
    if (delivery.pipelined) client.send(before + row.send + next);
    else client.send(before);
    expect((await client.readResponse()).body).toBe('GET /before');
    if (!delivery.pipelined) await sendPieces(client, delivery.pieces(row.send));
    this.#checkAnswer(row, await client.readResponse(row.method));
    if (!delivery.pipelined) client.send(next);
    if (row.closes) {
      expect(await client.readToEnd()).toBe('');
      await this.#askAnother();
    } else {
      expect((await client.readResponse()).body).toBe('GET /next');
    }
    client.close();
    await this.#checkUpstream(row);
  }

  #checkAnswer(row: EdgeRow, response: RawResponse): void {
    const said = response.headers.get('connection')?.toLowerCase();
    expect([response.status, said === 'close']).toEqual([row.status, row.closes]);
    if (row.code !== undefined)
      expect(JSON.parse(response.body)).toMatchObject({ code: row.code, status: row.status });
    else expect(response.body).toBe(row.body);
  }

  /** Checks that another client of the same pool is not affected by the row. */
  async #askAnother(): Promise<void> {
    const another = await RawClient.connect(this.proxy.port);
    expect((await another.send(get('/next')).readResponse()).body).toBe('GET /next');
    another.close();
  }

  async #checkUpstream({ upstream, abandoned }: EdgeRow): Promise<void> {
    const own = upstream === undefined ? [] : [upstream];
    const expected = [request('GET /before'), ...own, request('GET /next')];
    const { requests } = this.origin.received;
    expect(requests.map((text) => this.#withoutChance(text))).toEqual(expected);
    // What will never be whole is on no connection that could be used for something else.
    await eventually(() => this.origin.received.pending.length === 0);
    for (const text of this.origin.received.abandoned) {
      const begun = this.#withoutChance(text);
      expect((abandoned ?? '').slice(0, begun.length)).toBe(begun);
    }
  }

  /** The text without what differs from run to run. */
  #withoutChance(text: string): string {
    return text
      .replace(/^X-Request-Id: [^\r\n]+/m, 'X-Request-Id: <id>')
      .replace(`X-Forwarded-Port: ${this.proxy.port}\r\n`, 'X-Forwarded-Port: <port>\r\n');
  }
}

/**
 * Writes each piece in its own turn, so that the proxy reads it alone. Stops when the connection
 * closes.
 */
async function sendPieces(client: RawClient, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (client.ending !== undefined) return;
    client.send(piece);
    if (pieces.length > 1) await new Promise(setImmediate);
  }
}
