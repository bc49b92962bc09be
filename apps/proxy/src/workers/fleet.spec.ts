import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, type MetricsSnapshot } from '@sluice/telemetry';
import { RawClient } from '../listener/testing/raw-client.ts';
import { removal, resource } from '../runtime/testing/resources.ts';
import { claimPort } from './claim-port.ts';
import { WorkerFleet } from './fleet.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const { PATH = '' } = process.env;
const env = {
  PATH,
  NODE_OPTIONS: '--conditions=sluice-source --disable-warning=ExperimentalWarning',
  SLUICE_NODE_ID: 'fleet-spec',
  SLUICE_ACCESS_LOG: 'off',
  SLUICE_LOG_LEVEL: 'error',
};

const gateway = resource('gateway', { name: 'default' });
const route = (name: string, content: string, policies: object[] = []) =>
  resource('route', {
    name,
    paths: [`/${name}`],
    policies: [...policies, { name: 'static-response', config: { status: 200, content } }] as never,
  });
const unknown = { name: 'of-tomorrow' };

// One fleet for all: starting processes is what takes the time.
describe('WorkerFleet', () => {
  let fleet: WorkerFleet;
  let revision = 1;

  beforeAll(async () => {
    // The fleet's log lines about ended workers are expected and would only hide failures of the
    // spec.
    const logger = createLogger({ name: 'fleet', level: 'error' });
    logger.level = 'silent';
    fleet = new WorkerFleet({ size: 2, program, env, port: 0, logger });
    await fleet.start();
    await fleet.listen();
  }, 30_000);
  afterAll(() => fleet.drain(0));

  /**
   * Answers to requests on connections of their own, so that the kernel spreads them over the
   * workers.
   */
  const answers = async (path: string, count = 24): Promise<Map<string, number>> => {
    const seen = new Map<string, number>();
    for (let turn = 0; turn < count; turn++) {
      const client = await RawClient.connect(fleet.port);
      const { status, body } = await client
        .send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        .readResponse();
      client.close();
      const answer = status === 200 ? body : String(status);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
    return seen;
  };
  const counted = (snapshot: MetricsSnapshot, name: string, label?: string): number =>
    (snapshot.find(({ definition }) => definition.name === name)?.series ?? [])
      .filter(({ labels }) => label === undefined || labels.includes(label))
      .reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
  const waitUntil = async (isSo: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 1_000 && !isSo(); turn++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isSo()).toBe(true);
  };
  const whole = (): Promise<void> => waitUntil(() => fleet.pids.length === 2);

  it('reports a snapshot as applied after all workers have applied it', async () => {
    expect(new Set(fleet.pids).size).toBe(2);
    expect(await answers('/a', 4)).toEqual(new Map([['503', 4]]));
    expect(await fleet.applySnapshot(++revision, [gateway, route('a', 'one')])).toEqual({
      applied: true,
      faults: [],
      quarantined: [],
    });
    expect(fleet.revision).toBe(revision);
    expect(await answers('/a')).toEqual(new Map([['one', 24]]));
  });

  it('merges the metrics of all workers', async () => {
    const before = counted(await fleet.metrics(), 'sluice_requests_total', 'a');
    await answers('/a', 30);
    expect(counted(await fleet.metrics(), 'sluice_requests_total', 'a')).toBe(before + 30);
  });

  it('has one limit for all of them', async () => {
    await fleet.applyDelta(++revision, [
      route('limited', 'in', [
        { name: 'rate-limit', config: { limit: 10, windowSeconds: 3_600, by: 'route' } },
      ]),
    ]);
    expect(await answers('/limited', 40)).toEqual(
      new Map([
        ['in', 10],
        ['429', 30],
      ]),
    );
  });

  it('has one limit for all of them when they lease parts of it, too', async () => {
    const limit = 2_000;
    await fleet.applyDelta(++revision, [
      route('leased', 'in', [
        { name: 'rate-limit', config: { limit, windowSeconds: 3_600, by: 'route' } },
      ]),
    ]);
    const startedAt = performance.now();
    const admittedOver = async (client: RawClient): Promise<number> => {
      let admitted = 0;
      for (let turn = 0; turn < 150; turn++) {
        const { status } = await client
          .send('GET /leased HTTP/1.1\r\nHost: a\r\n\r\n')
          .readResponse();
        if (status === 200) admitted++;
        else expect(status).toBe(429);
      }
      client.close();
      return admitted;
    };
    const admittedOverMany = async (): Promise<number> => {
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => RawClient.connect(fleet.port)),
      );
      return (await Promise.all(clients.map(admittedOver))).reduce((sum, count) => sum + count, 0);
    };
    const admitted = await admittedOverMany();
    expect(admitted).toBeGreaterThanOrEqual(limit * 0.97);
    // What one worker may still hold comes back.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const inAll = admitted + (await admittedOverMany());
    const refilled = ((performance.now() - startedAt) / 1_000) * (limit / 3_600);
    expect(inAll).toBeGreaterThanOrEqual(limit);
    expect(inAll).toBeLessThanOrEqual(limit + refilled);
  }, 20_000);

  it('refuses a delta that workers refuse, and continues with the next one', async () => {
    await fleet.applyDelta(++revision, [route('kept', 'good')]);
    const refused = await fleet.applyDelta(++revision, [
      route('kept', 'bad', [unknown]),
      route('new', 'bad', [unknown]),
      route('fine', 'fine'),
    ]);
    expect(refused).toMatchObject({
      applied: false,
      faults: [{ id: 'route-kept', code: 'unknown_policy' }, { id: 'route-new' }],
    });
    expect(fleet.revision).toBe(revision - 1);
    expect(await fleet.applyDelta(++revision, [])).toMatchObject({
      applied: true,
      quarantined: [{ id: 'route-kept' }, { id: 'route-new' }],
    });
    expect(fleet.quarantined.map(({ id }) => id)).toEqual(['route-kept', 'route-new']);
    expect([...fleet.resources()].find(({ id }) => id === 'route-kept')).toEqual(
      route('kept', 'good'),
    );
    // Refused, and still refused in the next worker.
    await fleet.applyDelta(++revision, [
      route('a', 'refused', [unknown]),
      route('pending', 'pending'),
    ]);
  });

  it('replaces a worker that ends by one in the same state, and keeps its counts', async () => {
    await fleet.metrics();
    const before = counted(await fleet.metrics(), 'sluice_requests_total');
    const [first = 0] = fleet.pids;
    process.kill(first, 'SIGKILL');
    await waitUntil(() => !fleet.pids.includes(first));
    await whole();
    expect(fleet.pids).not.toContain(first);
    expect(counted(await fleet.metrics(), 'sluice_requests_total')).toBeGreaterThanOrEqual(before);
    for (const [path, answer] of [
      ['/a', 'one'],
      ['/kept', 'good'],
      ['/new', '503'],
      ['/fine', 'fine'],
      ['/pending', '404'],
    ] as const) {
      expect([path, await answers(path)]).toEqual([path, new Map([[answer, 24]])]);
    }
    expect(await answers('/limited', 10)).toEqual(new Map([['429', 10]]));
    expect(
      await fleet.applyDelta(++revision, [
        route('a', 'two'),
        route('kept', 'repaired'),
        removal(route('new', '')),
      ]),
    ).toEqual({ applied: true, faults: [], quarantined: [] });
    for (const [path, answer] of [
      ['/a', 'two'],
      ['/kept', 'repaired'],
      ['/new', '404'],
      ['/pending', 'pending'],
    ] as const) {
      expect([path, await answers(path)]).toEqual([path, new Map([[answer, 24]])]);
    }
  }, 20_000);

  it('loses no revision when all workers end while it is applied', async () => {
    const pids = [...fleet.pids];
    const applied = fleet.applyDelta(++revision, [route('a', 'three')]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await applied).toMatchObject({ applied: true });
    await whole();
    expect(await answers('/a')).toEqual(new Map([['three', 24]]));
    expect(await answers('/kept')).toEqual(new Map([['repaired', 24]]));
  }, 20_000);

  it('does not share its port with another node that asks for it', async () => {
    await expect(claimPort(fleet.port, '127.0.0.1')).rejects.toThrow(
      `port ${fleet.port} on 127.0.0.1 is already in use`,
    );
    await expect(claimPort(fleet.port, '127.0.0.1', 'SLUICE_TLS_PORT')).rejects.toThrow(
      'set SLUICE_TLS_PORT to another port',
    );
    await claimPort(0, '127.0.0.1');
  });

  it('the start fails with a reason when the port is not available', async () => {
    const logger = createLogger({ name: 'fleet', level: 'error' });
    logger.level = 'silent';
    const stranger = new WorkerFleet({
      size: 2,
      program,
      env: { ...env, SLUICE_PROXY_HOST: '203.0.113.1' },
      port: 0,
      logger,
    });
    await stranger.start();
    await expect(stranger.listen()).rejects.toThrow(
      '203.0.113.1 is not an address of this machine: set SLUICE_PROXY_HOST',
    );
    await stranger.drain(0);
  }, 20_000);

  it('ends all processes when it is drained', async () => {
    const pids = [...fleet.pids];
    await fleet.drain(1_000);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await fleet.applySnapshot(++revision, [gateway])).toMatchObject({
      applied: false,
      faults: [{ code: 'no_worker' }],
    });
  });
});
