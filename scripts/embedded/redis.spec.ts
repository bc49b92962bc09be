import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { waitUntil } from '../process/wait-until.ts';
import { startRedis } from './redis.ts';

async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

describe('a Redis of our own', () => {
  it('listens on loopback only, keeps nothing on disk, and comes back empty at the same address after a SIGKILL', async () => {
    const redis = await startRedis();
    const before = redis.pid;
    expect(await ask(redis.url, (client) => client.config('GET', 'bind'))).toEqual([
      'bind',
      '127.0.0.1',
    ]);
    expect(await ask(redis.url, (client) => client.config('GET', 'save'))).toEqual(['save', '']);
    await ask(redis.url, (client) => client.set('key', 'value'));

    await redis.kill();
    expect(redis.pid).toBeUndefined();
    await expect(ask(redis.url, (client) => client.ping())).rejects.toThrow();

    await redis.restart();
    expect(redis.pid).not.toBe(before);
    expect(await ask(redis.url, (client) => client.get('key'))).toBeNull();
    await redis.stop();
  });

  it('reports an unexpected end', async () => {
    const crashes: string[] = [];
    const redis = await startRedis({ onCrash: (text) => crashes.push(text) });
    process.kill(redis.pid ?? 0, 'SIGKILL');
    await waitUntil('the crash is reported', () => crashes.length > 0);
    expect(crashes[0]).toMatch(/^Redis ended unexpectedly \(SIGKILL\)/);
    await redis.stop();
  });
});

describe('a running Redis', () => {
  it('is used as it is, and is not ours to stop', async () => {
    const own = await startRedis();
    const redis = await startRedis({ url: own.url });
    expect(redis.pid).toBeUndefined();
    await expect(redis.kill()).rejects.toThrow(/not started by us/);
    await redis.stop();
    expect(await ask(own.url, (client) => client.ping())).toBe('PONG');
    await own.stop();
  });

  it('is named, without its password, when it does not answer', async () => {
    const gone = await startRedis();
    await gone.stop();
    const url = gone.url.replace('redis://', 'redis://:secret@');
    const failure = await startRedis({ url }).catch((error: unknown) => (error as Error).message);
    expect(failure).toMatch(
      /REDIS_URL.*redis:\/\/\*\*\*@127\.0\.0\.1:\d+\) does not answer: connect ECONNREFUSED/,
    );
    expect(failure).not.toContain('secret');
  });
});
