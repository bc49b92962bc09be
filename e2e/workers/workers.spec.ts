import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, registerService } from '../harness/configure.ts';
import { fresh } from '../harness/fresh.ts';
import { Load } from '../harness/load.ts';
import { Origin } from '../harness/origin.ts';
import { Stack, type ProxyNode } from '../harness/stack.ts';

describe('a proxy with several workers', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let origin: Origin;

  beforeAll(async () => {
    origin = started.use(
      await Origin.start('orders', (request, response) => {
        request.resume();
        setTimeout(() => response.end('done'), request.url?.endsWith('/long') === true ? 800 : 0);
      }),
    );
    stack = started.use(await Stack.start({ proxyArguments: ['--workers', '2'] }));
    await registerService(stack.admin, 'orders', [origin.address]);
    await stack.admin.routes.create(
      {
        name: 'flag',
        paths: ['/flag'],
        policies: [{ name: 'static-response', config: { status: 200, content: '0' } }],
      },
      applied,
    );
  }, 60_000);
  afterAll(() => started.disposeAsync());

  const flags = (node: ProxyNode, count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, async () => (await fresh(`${node.url}/flag`)).text));

  it('accepts connections of one port in each of them', async () => {
    const workers = workersOf(stack.proxy);
    expect(workers).toHaveLength(2);
    const before = workers.map(socketsOf);
    const clients: Socket[] = [];
    for (let count = 0; count < 60; count++) {
      const client = connect({ port: stack.proxy.port, host: '127.0.0.1' });
      await once(client, 'connect');
      client.write('GET /flag HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(client, 'data');
      clients.push(client);
    }
    const taken = workers.map((pid, index) => socketsOf(pid) - (before[index] ?? 0));
    for (const client of clients) client.destroy();
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(60);
    // With an even distribution, one of them gets fewer than 10 once in five million runs.
    for (const count of taken) expect(count).toBeGreaterThanOrEqual(10);
  });

  it('a write with ?wait=applied is enforced by all of them on the very next request, 200 times', async () => {
    let exceptions = 0;
    for (let round = 1; round <= 200; round++) {
      const answer = await stack.admin.request(
        'PATCH',
        '/v1/routes/flag?wait=applied&timeout=10s',
        {
          content: {
            policies: [
              { name: 'static-response', config: { status: 200, content: String(round) } },
            ],
          },
        },
      );
      expect(answer.status).toBe(200);
      expect(answer.body['nodes']).toHaveLength(1);
      if ((await flags(stack.proxy, 6)).some((text) => text !== String(round))) exceptions++;
    }
    expect(exceptions).toBe(0);
  }, 60_000);

  it('counts a limit for the whole node, without Redis', async () => {
    await stack.admin.quotas.create(
      { name: 'fifty', limits: [{ requests: 50, per: 'hour', burst: 50 }] },
      applied,
    );
    await stack.admin.routes.create(
      {
        name: 'limited',
        paths: ['/limited'],
        quotas: ['fifty'],
        policies: [{ name: 'static-response', config: { status: 200 } }],
      },
      applied,
    );
    const statuses: number[] = [];
    for (let batch = 0; batch < 10; batch++)
      statuses.push(
        ...(await Promise.all(
          Array.from(
            { length: 12 },
            async () => (await fresh(`${stack.proxy.url}/limited`)).status,
          ),
        )),
      );
    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(statuses.filter((status) => status === 429)).toHaveLength(70);
  });

  it('reports the metrics of all of them together', async () => {
    const before = await requestsCounted(stack.proxy, 'flag');
    await flags(stack.proxy, 40);
    expect(await requestsCounted(stack.proxy, 'flag')).toBe(before + 40);
    const text = await (await fetch(`${stack.proxy.statusUrl}/metrics`)).text();
    expect(text).toMatch(/^sluice_config_connected 1$/m);
    expect(text).toMatch(/^sluice_config_revision [1-9]\d*$/m);
    const nodes = await stack.admin.nodes.list();
    expect(nodes.data).toHaveLength(1);
  });

  it('loses one request for each connection of a worker after kill -9; the worker is replaced, and counters never decrease', async () => {
    const connections = 8;
    const [first = 0] = workersOf(stack.proxy);
    const load = new Load({ url: () => `${stack.proxy.url}/orders/1`, connections });
    await sleep(1_200);
    process.kill(first, 'SIGKILL');
    const seen: number[] = [];
    const isReplaced = (): boolean => workersOf(stack.proxy).every((pid) => pid !== first);
    // At least two seconds of load; a busy machine may need longer for a new process.
    for (let turn = 0; turn < 20 || (turn < 200 && !isReplaced()); turn++) {
      seen.push(await requestsCounted(stack.proxy, 'orders'));
      await sleep(100);
    }
    const report = await load.stop();
    const faults = [...report.faults.values()].reduce((sum, count) => sum + count, 0);
    expect([...report.statuses.keys()]).toEqual([200]);
    expect(report.total).toBeGreaterThan(500);
    // Only requests in progress on the killed worker fail: each connection has one at a time.
    expect(faults).toBeLessThanOrEqual(connections);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    const workers = workersOf(stack.proxy);
    expect(workers).toHaveLength(2);
    expect(workers).not.toContain(first);
    // The new worker has the configuration of the others, and the limit of the node.
    expect(new Set(await flags(stack.proxy, 40))).toEqual(new Set(['200']));
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await fresh(`${stack.proxy.url}/limited`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([429]));
  }, 60_000);

  it('keeps the connections of a worker when the other one is killed', async () => {
    const [first = 0] = workersOf(stack.proxy);
    const clients = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const client = connect({ port: stack.proxy.port, host: '127.0.0.1' });
        await once(client, 'connect');
        const state = { client, answers: 0, isClosed: false };
        client.on('data', () => state.answers++);
        client.on('error', () => undefined);
        client.on('close', () => (state.isClosed = true));
        return state;
      }),
    );
    const ask = async (): Promise<void> => {
      for (const { client, isClosed } of clients)
        if (!isClosed) client.write('GET /flag HTTP/1.1\r\nHost: a\r\n\r\n');
      await sleep(100);
    };
    await ask();
    process.kill(first, 'SIGKILL');
    for (let turn = 0; turn < 10; turn++) await ask();
    const survivors = clients.filter(({ isClosed }) => !isClosed);
    for (const { client } of clients) client.destroy();
    expect(survivors.length).toBeGreaterThan(0);
    expect(survivors.length).toBeLessThan(30);
    expect(new Set(survivors.map(({ answers }) => answers))).toEqual(new Set([11]));
  });

  it('finishes the requests on all of them after SIGTERM, and ends them', async () => {
    const node = await stack.addProxy();
    const workers = workersOf(node);
    expect(workers).toHaveLength(2);
    const underWay = Array.from({ length: 12 }, () => fresh(`${node.url}/orders/long`));
    await sleep(200);
    const ended = node.process.end('SIGTERM');
    expect((await Promise.all(underWay)).map(({ status, text }) => `${status} ${text}`)).toEqual(
      Array(12).fill('200 done'),
    );
    expect(await ended).toBe(0);
    expect(workers.filter(isRunning)).toEqual([]);
  }, 30_000);

  it('leaves no worker behind after kill -9 of the node', async () => {
    const node = await stack.addProxy();
    const workers = workersOf(node);
    expect(workers.filter(isRunning)).toHaveLength(2);
    await node.process.end('SIGKILL');
    for (let turn = 0; turn < 200 && workers.some(isRunning); turn++) await sleep(100);
    expect(workers.filter(isRunning)).toEqual([]);
  }, 30_000);
});

/** Returns the workers that take traffic, from the log of the node. */
function workersOf({ process: { lines } }: ProxyNode): number[] {
  const byIndex = new Map<number, number>();
  for (const line of lines.filter((text) => text.includes('worker takes traffic'))) {
    const { worker, pid } = JSON.parse(line) as { worker: number; pid: number };
    byIndex.set(worker, pid);
  }
  return [...byIndex.values()];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

async function requestsCounted(node: ProxyNode, route: string): Promise<number> {
  const text = await (await fetch(`${node.statusUrl}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter(
      (line) => line.startsWith('sluice_requests_total{') && line.includes(`route="${route}"`),
    );
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
