import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Route } from '@sluice/config';
import type { Resource } from '@sluice/config';
import { MetricsRegistry } from '@sluice/telemetry';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { NodeStatus, Readiness, RunningConfig } from './node-status.ts';
import { startStatusServer } from './status-server.ts';
import type { StatusServer } from './status-server.ts';

const routeOf = (i: number, policies: object[] = []): Resource => ({
  kind: 'route',
  id: `route-${i}`,
  spec: Route.parse({
    name: `orders-${i}`,
    gateways: ['default'],
    paths: [`/orders-${i}/*`],
    service: 'orders',
    policies,
  }),
});

const keyResource: Resource = {
  kind: 'credential',
  id: 'key-1',
  spec: { name: 'ci', consumer: 'acme', hash: 'ab'.repeat(32) } as unknown as Resource['spec'],
};

const secretValues = { set: { authorization: 'Bearer s3cret' } };
const secretHeader = { name: 'request-headers', config: secretValues };

const runningConfig: RunningConfig = {
  revision: 42,
  epoch: 'e1',
  gateway: 'default',
  source: 'stream',
  resources: [routeOf(1), routeOf(2, [secretHeader]), keyResource],
  quarantined: [
    {
      kind: 'route',
      id: 'r9',
      name: 'broken',
      pointer: '/paths/0',
      code: 'regex',
      reason: 'not closed',
    },
  ],
  refused: undefined,
  lastError: '',
  lastGoodError: 'disk full',
  targets: [{ service: 'orders', address: '127.0.0.1:9101', healthy: true }],
};

const ready: Readiness = {
  ready: true,
  revision: 42,
  configAgeSeconds: 3,
  source: 'stream',
  lastError: '',
  lastGoodError: '',
  quarantined: 0,
};

let server: StatusServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(changes: Partial<NodeStatus> = {}, answerTimeoutMs = 5_000) {
  const registry = new MetricsRegistry();
  registry
    .counter({ name: 'hits_total', type: 'counter', help: 'Hits.', labels: [] } as const)
    .series()
    .add(3);
  const node: NodeStatus = {
    readiness: () => ready,
    metrics: () => registry.snapshot(),
    config: () => runningConfig,
    keys: () => ({ keys: [] }),
    ...changes,
  };
  const faults: unknown[] = [];
  server = await startStatusServer({
    host: '127.0.0.1',
    port: 0,
    node,
    noteFault: (fault) => faults.push(fault),
    answerTimeoutMs,
  });
  return { port: server.port, faults };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function call(
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port: server!.port, path, agent: false, ...options },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    )
      .on('error', reject)
      .end();
  });
}

const json = (answer: Answer): Record<string, unknown> =>
  JSON.parse(answer.text) as Record<string, unknown>;

describe('the status server', () => {
  it('reports on /readyz why the control plane refuses the node', async () => {
    const lastError = 'another node with the id "n" is connected';
    await start({ readiness: () => ({ ...ready, lastError }) });
    const { status, text } = await call('/readyz');
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { status: 'ready', revision: 42, configAgeSeconds: 3, source: 'stream', lastError },
    ]);
  });

  it('reports that the process is alive', async () => {
    await start();
    const answer = await call('/livez');
    expect(answer).toMatchObject({ status: 200, text: '{"status":"live"}\n' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
  });

  it('reports that the node is ready, and its configuration', async () => {
    await start();
    const answer = await call('/readyz');
    expect(answer.status).toBe(200);
    expect(json(answer)).toEqual({
      status: 'ready',
      revision: 42,
      configAgeSeconds: 3,
      source: 'stream',
    });
  });

  it('reports why the node is not ready', async () => {
    await start({
      readiness: () => ({
        ready: false,
        reason: 'no configuration yet: the control plane cannot be reached',
      }),
    });
    const answer = await call('/readyz');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(json(answer)).toEqual({
      status: 'not-ready',
      reason: 'no configuration yet: the control plane cannot be reached',
    });
  });

  it('shows metrics in the requested format', async () => {
    await start();
    const prometheus = await call('/metrics');
    expect(prometheus.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(prometheus.text).toContain('# TYPE hits_total counter\nhits_total 3\n');
    const openmetrics = await call('/metrics', {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    });
    expect(openmetrics.headers['content-type']).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(openmetrics.text).toMatch(/# TYPE hits counter\nhits_total 3\n# EOF\n$/);
  });

  it('shows the running configuration without its secrets', async () => {
    await start({ config: () => Promise.resolve(runningConfig) });
    const answer = await call('/config');
    expect(json(answer)).toMatchObject({
      ...{
        revision: 42,
        epoch: 'e1',
        gateway: 'default',
        source: 'stream',
        lastError: '',
        lastGoodError: 'disk full',
      },
      quarantined: [
        {
          kind: 'route',
          id: 'r9',
          name: 'broken',
          pointer: '/paths/0',
          code: 'regex',
          reason: 'not closed',
        },
      ],
      targets: [{ service: 'orders', address: '127.0.0.1:9101', healthy: true }],
      resources: [
        { kind: 'route', id: 'route-1', spec: { name: 'orders-1', paths: ['/orders-1/*'] } },
        {
          spec: {
            policies: [
              { name: 'request-headers', config: { set: { authorization: '[redacted]' } } },
            ],
          },
        },
        {
          kind: 'credential',
          id: 'key-1',
          spec: { name: 'ci', consumer: 'acme', hash: '[redacted]' },
        },
      ],
    });
    expect(answer.text).not.toContain('s3cret');
    expect(answer.text).not.toContain('abab');
    expect(
      answer.text
        .split('\n')
        .filter((line) => line.includes('"kind":"route"') && line.startsWith('{"kind"')),
    ).toHaveLength(2);
  });

  it('shows the requested part of the configuration', async () => {
    await start();
    const ids = async (path: string) =>
      (json(await call(path))['resources'] as Resource[]).map(({ id }) => id);
    expect(await ids('/config?kind=credential')).toEqual(['key-1']);
    expect(await ids('/config?name=orders-2')).toEqual(['route-2']);
    expect(await ids('/config?kind=credential&name=orders-2')).toEqual([]);
  });

  it.each([
    ['/config?color=red', 'unknown_parameter', '"color" is not known here: use kind or name'],
    ['/config?kind=key&kind=route', 'unknown_parameter', '"kind" is given twice: give it once'],
    [
      '/config?kind=plugin',
      'validation_failed',
      '"plugin" is no kind of resource: use one of ca, gateway, quota,',
    ],
  ])('answers 400 to %s', async (path, code, detail) => {
    await start();
    const answer = await call(path);
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(json(answer)).toMatchObject({ code, detail: expect.stringContaining(detail) });
  });

  it('answers 404 with the list of pages, and 405 with the methods', async () => {
    await start();
    for (const path of ['/', '/metrics/', '//livez', '/LIVEZ', '/%6civez']) {
      const answer = await call(path);
      expect(answer).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
      });
      expect(json(answer)).toMatchObject({
        code: 'resource_not_found',
        detail: 'there is /livez, /readyz, /metrics, /config, /.well-known/jwks.json',
      });
    }
    const answer = await call('/config', { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(json(answer)).toMatchObject({ code: 'method_not_allowed', status: 405 });
  });

  it('answers HEAD like GET, without content', async () => {
    await start();
    expect(await call('/readyz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect(await call('/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });
});

describe('a node in trouble', () => {
  it('leads to 500, is reported only in the log, and the server continues', async () => {
    const { faults } = await start({
      readiness: () => {
        throw new Error('inner detail');
      },
      metrics: () => Promise.reject(new Error('inner detail')),
    });
    for (const path of ['/readyz', '/metrics']) {
      const answer = await call(path);
      expect(answer.status).toBe(500);
      expect(json(answer)).toMatchObject({ code: 'internal_error' });
      expect(answer.text).not.toContain('inner detail');
    }
    expect(faults).toEqual([new Error('inner detail'), new Error('inner detail')]);
    expect((await call('/livez')).status).toBe(200);
  });

  it('that does not answer leads to a timeout', async () => {
    const { faults } = await start({ config: () => new Promise(() => undefined) }, 30);
    expect((await call('/config')).status).toBe(500);
    expect(faults).toEqual([new Error('the node did not answer within 30 ms')]);
  });

  it('that fails half-way closes the connection, so that no client takes the part for complete', async () => {
    function* failing(): Generator<Resource> {
      for (let i = 0; i < 1_000; i++) yield routeOf(i);
      throw new Error('half-way');
    }
    const { faults } = await start({ config: () => ({ ...runningConfig, resources: failing() }) });
    await expect(call('/config')).rejects.toHaveProperty('code', 'ECONNRESET');
    expect(faults).toEqual([new Error('half-way')]);
  });
});

describe('a large configuration', () => {
  const many = 20_000;
  const one = routeOf(0);

  it('is sent in pieces, with other work in between', async () => {
    const resources = Array.from({ length: many }, (_, i) => ({ ...one, id: `route-${i}` }));
    await start({ config: () => ({ ...runningConfig, resources }) });
    const dump = call('/config');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const answer = await dump;
    clearInterval(timer);
    expect((json(answer)['resources'] as Resource[]).length).toBe(many);
    expect(turns).toBeGreaterThan(10);
  });

  it('is generated at the client’s pace, and no further when the client disconnects', async () => {
    let made = 0;
    let finished = false;
    function* resources(): Generator<Resource> {
      try {
        for (; made < 1_000_000; made++) yield one;
      } finally {
        finished = true;
      }
    }
    const { port, faults } = await start({
      config: () => ({ ...runningConfig, resources: resources() }),
    });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    socket.write('GET /config HTTP/1.1\r\nHost: a\r\n\r\n');
    let before = -1;
    for (let i = 0; i < 100 && (made === 0 || made !== before); i++) {
      before = made;
      await sleep(50);
    }
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(100_000);
    socket.destroy();
    for (let i = 0; i < 100 && !finished; i++) await sleep(10);
    expect(finished).toBe(true);
    expect(faults).toEqual([]);
  });
});

describe('listening', () => {
  it('names the port and the variable when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const node: NodeStatus = {
      readiness: () => ready,
      metrics: () => [],
      config: () => runningConfig,
      keys: () => ({ keys: [] }),
    };
    const options = { host: '127.0.0.1', port, node, noteFault: () => undefined };
    await expect(startStatusServer(options)).rejects.toThrow(
      `status server: port ${port} on 127.0.0.1 is taken: stop what listens there, or set SLUICE_STATUS_PORT to a free port`,
    );
    await expect(startStatusServer({ ...options, host: '192.0.2.1' })).rejects.toThrow(
      '192.0.2.1 is no address of this machine: set SLUICE_STATUS_HOST to one, such as 127.0.0.1',
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('ends at once and closes all connections', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    await server!.close();
    await closed;
  });
});
