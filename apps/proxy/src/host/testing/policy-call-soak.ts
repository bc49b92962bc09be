import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { ProxyFixture } from '../../exchange/testing/proxy-fixture.ts';
import { resource } from '../../runtime/testing/resources.ts';
import { RawOrigin } from '../../upstream/testing/raw-origin.ts';
import { FaultyServer } from './faulty-server.ts';

/** What a soak run found. */
export interface SoakReport {
  readonly requests: number;
  /** Number of responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Number of calls of external-auth by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Number of records of http-log by result. */
  readonly records: Readonly<Record<string, number>>;
  /**
   * Duration of the slowest request without the longest time that the machine let this process
   * wait, milliseconds.
   */
  readonly slowestMs: number;
  /** Most connections that the service had at the same time. */
  readonly mostSockets: number;
  /** Connections to the service after the proxy has stopped. */
  readonly socketsLeft: number;
  /** Timers of the process before and after. */
  readonly timers: readonly [before: number, after: number];
  /** Heap in use after a tenth of the requests and at the end, bytes. */
  readonly heap: readonly [early: number, late: number];
}

const concurrency = 32;
const maxConnections = 16;

/**
 * Sends requests through external-auth and http-log, whose services fail in every way that
 * `FaultyServer` knows. Reports what must not grow. Run Node with `--expose-gc` for the heap.
 */
export async function soakPolicyCalls(requests: number): Promise<SoakReport> {
  const timersBefore = timerCount();
  const service = await FaultyServer.start();
  const origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const proxy = await ProxyFixture.start({ resources: resourcesFor(service, origin) });
  const client = new Pool(`http://127.0.0.1:${proxy.port}`, { connections: concurrency });
  const statuses: Record<string, number> = {};
  let heapEarly = 0;
  let sent = 0;
  let mostSockets = 0;
  let slowestMs = 0;
  const delay = monitorEventLoopDelay();
  delay.enable();
  const send = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      const startedAtMs = performance.now();
      const response = await client.request({ path: '/orders/1', method: 'GET' });
      await response.body.dump();
      slowestMs = Math.max(slowestMs, performance.now() - startedAtMs);
      statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
      mostSockets = Math.max(mostSockets, service.sockets.size);
      // What the fixtures record for other tests.
      for (const connection of origin.connections) connection.received = '';
      proxy.lines.length = 0;
      proxy.notes.policyFaults.length = 0;
      if (sent === Math.floor(requests / 10)) heapEarly = heapInUse();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, send));
  delay.disable();
  const heapLate = heapInUse();
  await client.destroy();
  await proxy.stop();
  await sleep(100);
  const socketsLeft = service.sockets.size;
  const outcomes = seriesOf(proxy, 'sluice_policy_http_requests_total', {
    policy: 'external-auth',
  });
  const records = seriesOf(proxy, 'sluice_policy_http_log_records_total', {});
  origin.stop();
  await service.stop();
  return {
    requests,
    statuses,
    outcomes,
    records,
    slowestMs: Math.max(0, slowestMs - delay.max / 1e6),
    mostSockets,
    socketsLeft,
    timers: [timersBefore, timerCount()],
    heap: [heapEarly, heapLate],
  };
}

function resourcesFor(service: FaultyServer, origin: RawOrigin) {
  const call = { url: service.url('/mix'), allowPrivateAddresses: true };
  return [
    resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
    resource('route', {
      name: 'orders',
      paths: ['/*'],
      service: 'service-orders',
      policies: [
        { name: 'external-auth', config: { ...call, timeoutMs: 100, maxConnections } },
        {
          name: 'http-log',
          config: {
            ...call,
            timeoutMs: 100,
            flushMs: 20,
            batchSize: 50,
            queueSize: 1_000,
            attempts: 2,
          },
        },
      ],
    }),
  ];
}

/** The values of a metric by its last label. */
function seriesOf(
  proxy: ProxyFixture,
  name: string,
  labels: Readonly<Record<string, string>>,
): Record<string, number> {
  const metric = proxy.metrics.snapshot().find(({ definition }) => definition.name === name);
  const names = metric?.definition.labels ?? [];
  return Object.fromEntries(
    (metric?.series ?? [])
      .filter((each) =>
        Object.entries(labels).every(
          ([label, value]) => each.labels[names.indexOf(label)] === value,
        ),
      )
      .map((each) => [each.labels.at(-1) ?? '', each.values[0] ?? 0]),
  );
}

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
}

function heapInUse(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
