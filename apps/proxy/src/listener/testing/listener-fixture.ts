import { HeaderList } from '@sluice/http1';
import type { Downstream } from '../../exchange/downstream.ts';
import type { ListenerOptions } from '../listener-options.ts';
import { RawClient } from './raw-client.ts';
import { RunningListener } from './running-listener.ts';

/** A listener and the raw clients of one test. Tests only. */
export class ListenerFixture {
  running!: RunningListener;
  readonly clients: RawClient[] = [];

  async serve(
    handler: (downstream: Downstream) => void,
    options: Partial<ListenerOptions> = {},
  ): Promise<void> {
    this.running = await RunningListener.start(handler, options);
  }

  /** Opens a connection; `stop` closes it. */
  async open(): Promise<RawClient> {
    const client = await RawClient.connect(this.running.port);
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await this.running.stop();
  }
}

/** A GET without content as text. @param fields besides Host, each with its line end. Tests only. */
export function get(path: string, fields = '', version = '1.1'): string {
  return `GET ${path} HTTP/${version}\r\nHost: a.test\r\n${fields}\r\n`;
}

/** Answers 200 with the path of the request. Tests only. */
export function ok(downstream: Downstream): void {
  downstream.respond(200, new HeaderList(), downstream.path);
}

/** Waits for some milliseconds. Tests only. */
export function soon(ms = 30): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
