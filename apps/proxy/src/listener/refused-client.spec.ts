import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeHandles, type ConnectionHandle } from './connection-handle.ts';
import { defaultListenerOptions, type ListenerOptions } from './listener-options.ts';
import { RefusedClient } from './refused-client.ts';
import { readArea } from '../net/shared-read-buffer.ts';
import { RawClient } from './testing/raw-client.ts';
import { eventually } from './testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';

const server = createServer();
let wheel: TimerWheel;
let accepted: ConnectionHandle[] = [];
const clients: RawClient[] = [];

beforeEach(async () => {
  accepted = [];
  wheel = new TimerWheel().start();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  takeHandles(
    server,
    (handle) => accepted.push(handle),
    () => undefined,
  );
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  wheel.stop();
  await new Promise((resolve) => server.close(resolve));
});

/**
 * A client, what serves it and has not answered yet, and how often that has said that the client is
 * gone.
 */
async function connect(
  options: Partial<ListenerOptions> = {},
): Promise<{ client: RawClient; refused: RefusedClient; gone: { count: number } }> {
  const client = await RawClient.connect((server.address() as AddressInfo).port);
  clients.push(client);
  await eventually(() => accepted.length > 0);
  const events = {
    connection: () => () => undefined,
    refused: () => '',
    answered: () => undefined,
  };
  const owner = {
    wheel,
    events,
    draining: false,
    options: { ...defaultListenerOptions, ...options },
  };
  const gone = { count: 0 };
  return {
    client,
    refused: new RefusedClient(owner, accepted.pop() as ConnectionHandle, () => gone.count++),
    gone,
  };
}

const soon = (ms = 50): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const answer = (refused: RefusedClient, content = '{}'): void =>
  refused.answer('request_timeout', content);
/** More than the kernel takes for a client that does not read. */
const LARGE = 'x'.repeat(16 * 1024 * 1024);

describe('a refused client', () => {
  it('receives its response and the end of the server side, and is removed once it has closed its own', async () => {
    const { client, refused, gone } = await connect();
    answer(refused, '{"code":"request_timeout"}');
    const response = await client.readResponse();
    expect([response.status, response.headers.get('connection'), response.body]).toEqual([
      408,
      'close',
      '{"code":"request_timeout"}',
    ]);
    expect(await client.readToEnd()).toBe('');
    expect([client.ending, gone.count]).toEqual(['end', 0]);
    client.endSending();
    await eventually(() => gone.count === 1);
  });

  it('receives its response while it continues to send', async () => {
    const { client, refused, gone } = await connect();
    client.send(Buffer.alloc(100_000));
    await soon();
    answer(refused);
    client.send(Buffer.alloc(100_000));
    await soon();
    expect((await client.readResponse()).status).toBe(408);
    expect(await client.readToEnd()).toBe('');
    expect([client.ending, gone.count]).toEqual(['end', 0]);
  });

  it('is not taken for disconnected when a read fills the whole area', async () => {
    const { client, refused, gone } = await connect();
    answer(refused);
    for (let count = 0; count < 4; count++) {
      client.send(Buffer.alloc(readArea.length));
      await soon(20);
    }
    expect(gone.count).toBe(0);
    client.endSending();
    await eventually(() => gone.count === 1);
  });

  it('is disconnected when it does not close', async () => {
    const { client, refused, gone } = await connect({ lingerMs: 1_000 });
    answer(refused);
    await client.readToEnd();
    expect(gone.count).toBe(0);
    await eventually(() => gone.count === 1);
  });

  it('is disconnected when it sends without end', async () => {
    const { client, refused, gone } = await connect({ lingerBytes: 1_000 });
    answer(refused);
    client.send(Buffer.alloc(600));
    await soon();
    expect(gone.count).toBe(0);
    client.send(Buffer.alloc(600));
    await eventually(() => gone.count === 1);
  });

  it('receives a large response completely, even when its own side has ended', async () => {
    const { client, refused, gone } = await connect();
    client.socket.pause();
    answer(refused, LARGE);
    client.endSending();
    await soon();
    expect(gone.count).toBe(0);
    client.socket.resume();
    expect((await client.readResponse()).body.length).toBe(LARGE.length);
    await eventually(() => gone.count === 1);
    expect(await client.readToEnd()).toBe('');
  });

  it('is disconnected when it does not read its response', async () => {
    const { client, refused, gone } = await connect({ writeIdleMs: 60 });
    client.socket.pause();
    answer(refused, LARGE);
    await eventually(() => gone.count === 1);
  });

  it.each<[string, string]>([
    ['before its response', '{}'],
    ['during its response', LARGE],
  ])('is removed once after a reset %s', async (when, content) => {
    const { client, refused, gone } = await connect();
    client.socket.pause();
    if (when === 'before its response') client.reset();
    await soon();
    answer(refused, content);
    client.reset();
    await eventually(() => gone.count === 1);
    refused.destroyNow();
    await soon();
    expect(gone.count).toBe(1);
  });

  it('is removed at once when the listener closes', async () => {
    const { client, refused, gone } = await connect();
    answer(refused);
    refused.destroyNow();
    expect(gone.count).toBe(1);
    await client.readToEnd();
    await soon();
    expect(gone.count).toBe(1);
  });
});
