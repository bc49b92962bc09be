import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@sluice/telemetry';
import { ConfigState } from '../config/config-state.ts';
import { LastGood } from '../config/last-good.ts';
import { readEnv, type Env } from '../env.ts';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { nodePolicies } from '../runtime/node-policies.ts';
import { resource } from '../runtime/testing/resources.ts';
import { Serving } from './serving.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyNode } from './node.ts';
import { singleProcess, type Traffic } from './traffic.ts';

const version = '1.2.3';
const token = 'token-of-the-spec-0123456789';

describe('ProxyNode', () => {
  let folder: string;
  let file: string;
  let origin: RawOrigin;
  const stopping: (() => Promise<void>)[] = [];
  const warned: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-node-'));
    file = join(folder, 'config.json');
    origin = await RawOrigin.start(({ socket }) =>
      socket.on('data', () =>
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'), 60),
      ),
    );
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
    origin.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const saying = (content: string): string =>
    JSON.stringify({
      services: [{ name: 'slow', targets: [{ address: origin.address }] }],
      routes: [
        {
          name: 'hello',
          paths: ['/hello'],
          policies: [{ name: 'static-response', config: { status: 200, content } }],
        },
        { name: 'slow', paths: ['/slow'], service: 'slow' },
      ],
    });

  interface Started {
    readonly node: ProxyNode;
    readonly serving: Serving;
    readonly statusPort: () => number;
    readonly env: Env;
    /** Fulfils when the node takes traffic. */
    readonly ready: Promise<void>;
  }
  const begin = async (variables: NodeJS.ProcessEnv, held?: Promise<void>): Promise<Started> => {
    const env = readEnv({
      SLUICE_PROXY_PORT: '0',
      SLUICE_STATUS_PORT: '0',
      SLUICE_DATA_DIR: join(folder, 'data'),
      SLUICE_ACCESS_LOG: 'off',
      SLUICE_DRAIN_MS: '2000',
      ...variables,
    });
    const logged: string[] = [];
    const logger = createLogger({ name: 'node', level: 'error' });
    logger.level = 'silent';
    const heard = Object.assign(Object.create(logger) as typeof logger, {
      info: (fields: object) => logged.push(JSON.stringify(fields)),
      warn: (_: object, message: string) => warned.push(message),
    });
    const serving = await Serving.create({ env, version, logger: heard });
    const traffic = singleProcess(serving, { port: env.SLUICE_PROXY_PORT });
    const node = new ProxyNode({
      env,
      version,
      logger: heard,
      traffic: held === undefined ? traffic : afterwards(traffic, held),
      policies: [...(await nodePolicies(undefined)).keys()],
    });
    const ready = node.start();
    stopping.push(() => node.stop());
    const statusPort = (): number => {
      const listening = logged
        .map((line) => JSON.parse(line) as { statusPort?: number })
        .find((line) => line.statusPort !== undefined);
      return listening?.statusPort ?? 0;
    };
    return { node, serving, statusPort, env, ready };
  };
  const start = async (variables: NodeJS.ProcessEnv): Promise<Started> => {
    const started = await begin(variables);
    await started.ready;
    return started;
  };
  const send = async (port: number, path: string): Promise<string> => {
    const client = await RawClient.connect(port);
    const { status, body } = await client
      .send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      .readResponse();
    client.close();
    return `${status} ${status < 400 ? body : (JSON.parse(body) as { code: string }).code}`;
  };
  const page = async (port: number, path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };

  it('serves a configuration file, and reports it on its status port', async () => {
    await writeFile(file, saying('hello'));
    const { serving, statusPort } = await start({ SLUICE_CONFIG_FILE: file });
    expect(await send(serving.port, '/hello')).toBe('200 hello');
    expect(await page(statusPort(), '/readyz')).toMatchObject({
      status: 200,
      text: expect.stringContaining('"source":"file"'),
    });
    const config = JSON.parse((await page(statusPort(), '/config')).text) as {
      gateway: string;
      resources: { kind: string }[];
      targets: unknown[];
    };
    expect(config).toMatchObject({
      gateway: 'default',
      targets: [{ service: 'slow', address: origin.address, healthy: true }],
    });
    expect(config.resources.map(({ kind }) => kind)).toEqual([
      'gateway',
      'service',
      'route',
      'route',
    ]);
    const { text } = await page(statusPort(), '/metrics');
    expect(text).toContain('sluice_requests_total{route="hello",service="",status="200"} 1');
    expect(text).toMatch(/^sluice_config_revision 1$/m);
    expect(text).toMatch(/^sluice_config_connected 0$/m);
    expect(text).toMatch(/^sluice_build_info\{version="1\.2\.3",/m);
    // Each metric appears once, although two registries have it.
    for (const name of ['sluice_config_nacks_total', 'sluice_connections'])
      expect(text.match(new RegExp(`^${name} `, 'gm'))).toHaveLength(1);
  });

  it('stays ready with a resource that it cannot use, and tells the number', async () => {
    const { routes, ...rest } = JSON.parse(saying('hello')) as { routes: object[] };
    const broken = { name: 'broken', paths: ['/broken'], policies: [{ name: 'of-tomorrow' }] };
    const service = (routes as { service?: string }[]).find((route) => route.service)?.service;
    await writeFile(file, JSON.stringify({ ...rest, routes: [...routes, { ...broken, service }] }));
    const { serving, statusPort } = await start({ SLUICE_CONFIG_FILE: file });
    expect(await send(serving.port, '/hello')).toBe('200 hello');
    expect(await send(serving.port, '/broken')).toBe('503 resource_quarantined');
    const { status, text } = await page(statusPort(), '/readyz');
    expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'ready', quarantined: 1 }]);
    expect((await page(statusPort(), '/metrics')).text).toMatch(/^sluice_config_last_good_ok 1$/m);
  });

  it('reads its file again on SIGHUP, and keeps its configuration when the file is faulty', async () => {
    await writeFile(file, saying('one'));
    const { serving, node } = await start({ SLUICE_CONFIG_FILE: file });
    const readAgain = async () => {
      for (const { read } of node.rereadables) await read();
    };
    await writeFile(file, saying('two'));
    await readAgain();
    expect(await send(serving.port, '/hello')).toBe('200 two');
    await writeFile(file, '{ not json');
    await readAgain();
    expect(await send(serving.port, '/hello')).toBe('200 two');
  });

  it('accepts no traffic before its file is in service, and answers on its status port meanwhile', async () => {
    await writeFile(file, saying('hello'));
    const port = await freePort();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { statusPort, ready } = await begin(
      { SLUICE_CONFIG_FILE: file, SLUICE_PROXY_PORT: String(port) },
      held,
    );
    await eventually(() => statusPort() !== 0);
    expect((await page(statusPort(), '/livez')).status).toBe(200);
    expect(await page(statusPort(), '/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('does not accept traffic yet'),
    });
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
    release();
    await ready;
    expect(await send(port, '/hello')).toBe('200 hello');
    expect((await page(statusPort(), '/readyz')).status).toBe(200);
  });

  it('can be stopped before its file is in service, and then accepts no traffic', async () => {
    await writeFile(file, saying('hello'));
    const port = await freePort();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { node, statusPort, ready } = await begin(
      { SLUICE_CONFIG_FILE: file, SLUICE_PROXY_PORT: String(port) },
      held,
    );
    await eventually(() => statusPort() !== 0);
    const stopped = node.stop();
    release();
    await Promise.all([ready, stopped]);
    stopping.length = 0;
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
  });

  it('serves its last good configuration from the first connection on', async () => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const lastGood = new LastGood({
      dataDir: join(folder, 'data'),
      key: undefined,
      gateway: 'default',
      state: new ConfigState(),
      log,
    });
    const { id, kind, spec } = resource('route', {
      name: 'hello',
      paths: ['/hello'],
      policies: [{ name: 'static-response', config: { status: 200, content: 'kept' } }],
    });
    const gateway = resource('gateway', { name: 'default' });
    lastGood.keep(() => ({
      epoch: 'e',
      revision: 7,
      records: [
        { kind, id, json: JSON.stringify(spec) },
        { kind: 'gateway', id: gateway.id, json: JSON.stringify(gateway.spec) },
      ],
    }));
    await lastGood.flush();
    const { serving } = await start({
      SLUICE_CONTROL_PLANE: '127.0.0.1:1',
      SLUICE_NODE_TOKEN: token,
    });
    expect(await send(serving.port, '/hello')).toBe('200 kept');
  });

  it('without configuration is not ready, refuses requests, and reports the reason', async () => {
    const { serving, statusPort } = await start({
      SLUICE_CONTROL_PLANE: '127.0.0.1:1',
      SLUICE_NODE_TOKEN: token,
    });
    expect(await send(serving.port, '/hello')).toBe('503 not_ready');
    const { status, text } = await page(statusPort(), '/readyz');
    expect(status).toBe(503);
    expect(text).toContain('no control plane has answered');
    expect((await page(statusPort(), '/livez')).status).toBe(200);
  });

  it.each(['SLUICE_MAX_CONNECTIONS', 'SLUICE_MAX_CONNECTIONS_PER_ADDRESS'])(
    'accepts as many connections as %s allows, and refuses further ones',
    async (setting) => {
      await writeFile(file, saying('hello'));
      const { serving, statusPort } = await start({ SLUICE_CONFIG_FILE: file, [setting]: '1' });
      const only = await RawClient.connect(serving.port);
      expect(await send(serving.port, '/hello')).toBe('503 too_many_connections');
      only.close();
      let answer = '';
      for (let attempt = 0; attempt < 100 && answer !== '200 hello'; attempt++)
        answer = await send(serving.port, '/hello');
      expect(answer).toBe('200 hello');
      expect((await page(statusPort(), '/metrics')).text).toMatch(
        /^sluice_errors_total\{code="too_many_connections"\} [1-9]/m,
      );
    },
  );

  it('that is overloaded refuses a share of the requests, stays ready, and logs it', async () => {
    await writeFile(file, saying('hello'));
    const { serving, statusPort } = await start({
      SLUICE_CONFIG_FILE: file,
      SLUICE_OVERLOAD_LAG_MS: '5',
      SLUICE_OVERLOAD_MEMORY_PERCENT: '0',
    });
    const answers = new Set<string>();
    for (const until = performance.now() + 8_000; performance.now() < until && answers.size < 2;) {
      for (const blockedUntil = performance.now() + 30; performance.now() < blockedUntil;);
      answers.add(await send(serving.port, '/hello'));
    }
    expect(answers).toEqual(new Set(['200 hello', '503 overloaded']));
    expect((await page(statusPort(), '/readyz')).status).toBe(200);
    const { text } = await page(statusPort(), '/metrics');
    expect(text).toMatch(/^sluice_overload_shed_ratio 0\.\d+$/m);
    expect(text).toMatch(/^sluice_errors_total\{code="overloaded"\} 1$/m);
    expect(warned.filter((message) => message.startsWith('overloaded: '))).toHaveLength(1);
  });

  it('becomes not ready when it stops, finishes the requests in flight, and ends', async () => {
    await writeFile(file, saying('hello'));
    const { node, serving, statusPort } = await start({ SLUICE_CONFIG_FILE: file });
    const status = statusPort();
    const underWay = send(serving.port, '/slow');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { port } = serving;
    const stopped = node.stop();
    expect(await page(status, '/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('draining'),
    });
    expect(await underWay).toBe('200 slow');
    await stopped;
    stopping.length = 0;
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
    await expect(fetch(`http://127.0.0.1:${status}/livez`)).rejects.toThrow();
  });

  it.each([
    [{}, /needs a token: set SLUICE_NODE_TOKEN/],
    [{ SLUICE_NODE_TOKEN_FILE: '/nowhere/token' }, /cannot be read from \/nowhere\/token/],
  ])('cannot be made of %j', async (variables, expected) => {
    const env = readEnv(variables);
    const logger = createLogger({ name: 'node', level: 'error' });
    const serving = await Serving.create({
      env: readEnv({ SLUICE_ACCESS_LOG: 'off' }),
      version,
      logger,
    });
    expect(
      () =>
        new ProxyNode({
          env,
          version,
          logger,
          traffic: singleProcess(serving, { port: 0 }),
          policies: [],
        }),
    ).toThrow(expected);
    await serving.drain(0);
  });

  it('reads its token from a file', async () => {
    await writeFile(join(folder, 'token'), `${token}\n`);
    const { statusPort } = await start({
      SLUICE_CONTROL_PLANE: '127.0.0.1:1',
      SLUICE_NODE_TOKEN_FILE: join(folder, 'token'),
    });
    expect((await page(statusPort(), '/livez')).status).toBe(200);
  });
});

/** The same traffic, with a delay for each configuration, as for a large one. */
function afterwards(traffic: Traffic, held: Promise<void>): Traffic {
  const { target } = traffic;
  const slow: Traffic['target'] = {
    applySnapshot: (revision, resources) =>
      held.then(() => target.applySnapshot(revision, resources)),
    applyDelta: (revision, changes) => target.applyDelta(revision, changes),
  };
  return Object.create(traffic, { target: { value: slow } }) as Traffic;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
