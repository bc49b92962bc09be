import { afterEach, describe, expect, it } from '@jest/globals';
import { ConnectionLimits } from './connection-limits.ts';
import { RawClient } from './testing/raw-client.ts';
import { echo, eventually, RunningListener } from './testing/running-listener.ts';

const hello = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('connection limits that listeners share', () => {
  const listeners: RunningListener[] = [];
  afterEach(async () => {
    for (const each of listeners.splice(0)) await each.stop();
  });
  const two = async (limits: ConnectionLimits): Promise<[RunningListener, RunningListener]> => {
    const [one, other] = [
      await RunningListener.start(echo, {}, limits),
      await RunningListener.start(echo, {}, limits),
    ];
    listeners.push(one, other);
    return [one, other];
  };
  const status = async (port: number): Promise<{ client: RawClient; status: number }> => {
    const client = await RawClient.connect(port);
    return { client, status: (await client.send(hello).readResponse()).status };
  };

  it.each([
    ['in total', new ConnectionLimits(2, 100), 'in total'],
    ['per address', new ConnectionLimits(100, 2), 'from 127.0.0.1'],
  ])(
    'count the connections of both %s, and admit another when a connection of either closes',
    async (_, limits, limit) => {
      const [one, other] = await two(limits);
      const first = await status(one.port);
      const second = await status(other.port);
      expect([
        first.status,
        second.status,
        (await status(one.port)).status,
        (await status(other.port)).status,
      ]).toEqual([200, 200, 503, 503]);
      expect([...one.refusals, ...other.refusals].map(({ reason }) => reason)).toEqual(
        Array(2).fill(`the limit of connections ${limit} is reached`),
      );
      first.client.close();
      await eventually(() => one.listener.connectionCount === 0);
      expect((await status(other.port)).status).toBe(200);
      expect((await status(one.port)).status).toBe(503);
    },
  );
});
