import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../scripts/process/ports.ts';
import { Origin } from '../harness/origin.ts';
import { flood, LimitedProcess, untilOk } from './limited-process.ts';

const metric = async (statusUrl: string, pattern: RegExp): Promise<string[]> => {
  const text = await (
    await fetch(`${statusUrl}/metrics`, { headers: { connection: 'close' } })
  ).text();
  return text.match(new RegExp(pattern, 'gm')) ?? [];
};

describe('a process with few file descriptors', () => {
  let folder: string;
  let origin: Origin;
  let configFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-descriptors-'));
    origin = await Origin.start('orders');
    configFile = join(folder, 'config.json');
    const config = {
      services: [{ name: 'orders', targets: [{ address: origin.address }] }],
      routes: [{ name: 'orders', paths: ['/*'], service: 'orders' }],
    };
    await writeFile(configFile, JSON.stringify(config));
  });
  afterAll(async () => {
    await origin.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const proxyWith = async (
    openFiles: number,
    args: readonly string[],
  ): Promise<{ limited: LimitedProcess; port: number; statusUrl: string }> => {
    const [port, statusPort] = [await freePort(), await freePort()];
    const env = {
      SLUICE_CONFIG_FILE: configFile,
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: String(statusPort),
      SLUICE_ACCESS_LOG: 'off',
    };
    const limited = new LimitedProcess('proxy', openFiles, env, args);
    const statusUrl = `http://127.0.0.1:${statusPort}`;
    await untilOk(`${statusUrl}/readyz`, limited);
    return { limited, port, statusUrl };
  };

  it.each([
    [256, []],
    [1_024, []],
    [4_096, []],
    [256, ['--workers', '2']],
    [1_024, ['--workers', '2']],
  ])(
    'with %d of them and %j serves on when more clients connect than it has descriptors for',
    async (openFiles, args) => {
      const { limited, port, statusUrl } = await proxyWith(openFiles, args);
      const agent = new Agent({ keepAlive: true, maxSockets: 8, localAddress: '127.0.0.1' });
      const ask = (): Promise<number> =>
        new Promise((resolve, reject) => {
          request({ port, agent, path: '/orders' }, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode ?? 0));
          })
            .on('error', reject)
            .end();
        });
      const askMany = (): Promise<number[]> => Promise.all(Array.from({ length: 8 }, ask));
      const clients: ReturnType<typeof flood> = [];
      try {
        expect(new Set(await askMany())).toEqual(new Set([200]));
        const processes = args.length === 0 ? 1 : 2;
        const count = Math.min(openFiles * processes, 4_096) + 200;
        const addresses = Math.ceil(count / 250) + 1;
        // Some send nothing, some stop in the middle of a head.
        clients.push(
          ...flood(port, count / 2, addresses),
          ...flood(port, count / 2, addresses, 'GET / HTTP/1.1\r\nHost:'),
        );
        // Several periods of the timers that measure the process.
        for (let second = 0; second < 4; second++) {
          await sleep(700);
          expect(new Set(await askMany())).toEqual(new Set([200]));
        }
        expect(limited.isAlive).toBe(true);
        for (const client of clients.splice(0)) client.destroy();
        await untilOk(`http://127.0.0.1:${port}/orders`, limited);
        expect(await metric(statusUrl, /^sluice_target_healthy\{[^}]*\} 0/)).toEqual([]);
        expect(await metric(statusUrl, /^sluice_background_faults_total\{[^}]*\} [1-9].*/)).toEqual(
          [],
        );
        expect(
          limited.said('the limit of client connections is below SLUICE_MAX_CONNECTIONS'),
        ).toHaveLength(processes);
        expect(limited.said('a worker ended')).toEqual([]);
        if (openFiles < 4_096) {
          const told = limited.said('the limit of client connections is reached').length;
          expect(told).toBeGreaterThanOrEqual(1);
          expect(told).toBeLessThanOrEqual(processes);
        }
      } finally {
        for (const client of clients) client.destroy();
        agent.destroy();
        await limited.end();
      }
    },
  );

  it('keeps the control plane working while its ports are flooded', async () => {
    const database = await createTestDatabase();
    const [adminPort, streamPort] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${adminPort}`;
    const token = 'descriptor-admin-token-0123456789';
    const limited = new LimitedProcess('control-plane', 256, {
      DATABASE_URL: database.url,
      SLUICE_ADMIN_PORT: String(adminPort),
      SLUICE_STREAM_PORT: String(streamPort),
      SLUICE_ADMIN_TOKEN: token,
      SLUICE_NODE_TOKEN: 'descriptor-node-token-0123456789',
      SLUICE_DATA_DIR: join(folder, 'control-plane'),
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const list = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        request({ port: adminPort, agent, path: '/v1/services', headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        })
          .on('error', reject)
          .end();
      });
    try {
      await untilOk(`${url}/readyz`, limited);
      expect(await list()).toBe(200);
      const clients = [
        ...flood(streamPort, 400, 5),
        ...flood(adminPort, 400, 5, 'GET /v1/services HTTP/1.1\r\nHost: a\r\n'),
      ];
      for (let second = 0; second < 3; second++) {
        await sleep(700);
        expect(await list()).toBe(200);
      }
      for (const client of clients) client.destroy();
      await untilOk(`${url}/readyz`, limited);
      expect(limited.isAlive).toBe(true);
    } finally {
      agent.destroy();
      await limited.end();
      await database.drop();
    }
  });
});
