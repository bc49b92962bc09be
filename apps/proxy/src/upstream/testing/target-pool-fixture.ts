import { TimerWheel } from '../../net/timer-wheel.ts';
import type { TargetOptions } from '../target-options.ts';
import { TargetPool } from '../target-pool.ts';
import { RawOrigin, type OriginConnection } from './raw-origin.ts';
import { RecordedCall, type CallOptions } from './recorded-call.ts';

/** A pool of HTTP/1.1 connections, its upstream and a timer wheel. Tests only. */
export class TargetPoolFixture {
  wheel!: TimerWheel;
  origin!: RawOrigin;
  pool!: TargetPool;

  start(): void {
    this.wheel = new TimerWheel({ tickMs: 10 }).start();
  }

  /** Makes the pool of this upstream. */
  use(started: RawOrigin, options: Partial<TargetOptions> = {}): void {
    this.origin = started;
    this.pool = new TargetPool(
      { protocol: 'http', address: started.address, tls: { verify: true } },
      this.wheel,
      options,
    );
  }

  send(options: CallOptions = {}): RecordedCall {
    return RecordedCall.send(this.pool, options);
  }

  stop(): void {
    this.pool.close();
    this.origin.stop();
    this.wheel.stop();
  }
}

/** A 200 with this content, as text. @param fields each with its line end. Tests only. */
export function okResponse(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Reacts to what a connection has received so far, each time more arrives. Tests only. */
export function whenReceived(
  connection: OriginConnection,
  react: (received: string) => void,
): void {
  connection.socket.on('data', () => react(connection.received));
}

/** An upstream that answers the first bytes of each connection with this text. Tests only. */
export function originAnswering(
  response: string,
  then: (connection: OriginConnection) => void = () => undefined,
): Promise<RawOrigin> {
  return RawOrigin.start((connection) =>
    connection.socket.once('data', () => {
      connection.socket.write(Buffer.from(response, 'latin1'));
      then(connection);
    }),
  );
}
