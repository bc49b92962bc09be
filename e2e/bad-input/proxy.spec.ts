import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppProcess } from '../harness/app-process.ts';
import { Stack } from '../harness/stack.ts';

const token = 'bad-input-token-0123456789abcdef';

describe('a proxy with invalid settings', () => {
  let folder: string;
  let taken: Server;
  let takenPort: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-bad-input-'));
    await writeFile(join(folder, 'file'), 'not a folder');
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    takenPort = String((taken.address() as AddressInfo).port);
  });
  afterAll(async () => {
    taken.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts the proxy, waits for its end, and returns its output. */
  const run = async (
    env: Record<string, string>,
    args: readonly string[] = [],
  ): Promise<{ code: number | string; said: string }> => {
    const proxy = new AppProcess(
      'proxy',
      'bad-input',
      {
        SLUICE_PROXY_PORT: '0',
        SLUICE_STATUS_PORT: '0',
        SLUICE_NODE_TOKEN: token,
        SLUICE_DATA_DIR: join(folder, 'data'),
        ...env,
      },
      args,
    );
    const code = await proxy.run();
    return { code, said: proxy.lines.filter((line) => !line.startsWith('{')).join('\n') };
  };

  it('lists all invalid settings and ends', async () => {
    const { code, said } = await run({
      SLUICE_PROXY_PORT: 'eighty',
      SLUICE_TRACE_RATIO: '7',
      SLUICE_LOG_LEVEL: 'loud',
      REDIS_URL: 'redis-secret',
      SLUICE_NODE_TOKEN: 'token-secret',
    });
    expect(code).toBe(1);
    expect(said.split('\n')).toEqual([
      'sluice-proxy: settings are not usable:',
      '  SLUICE_NODE_TOKEN must have at least 24 characters (the value is not shown because it may hold a secret)',
      '  SLUICE_PROXY_PORT must be a whole number from 0 to 65535 (it is "eighty")',
      '  REDIS_URL must look like redis://host:6379 (the value is not shown because it may hold a secret)',
      '  SLUICE_TRACE_RATIO must be a number from 0 to 1 (it is "7")',
      '  SLUICE_LOG_LEVEL must be one of trace, debug, info, warn, error, silent (it is "loud")',
      'Run with --help to see all settings.',
    ]);
  });

  it.each([
    ['the traffic port', 'SLUICE_PROXY_PORT', []],
    ['the traffic port, with workers', 'SLUICE_PROXY_PORT', ['--workers', '2']],
    ['the status port', 'SLUICE_STATUS_PORT', []],
    ['the status port, with workers', 'SLUICE_STATUS_PORT', ['--workers', '2']],
  ])('names %s when it is taken, and the variable to set', async (_, variable, args) => {
    const { code, said } = await run({ [variable]: takenPort }, args);
    expect(code).toBe(1);
    expect(said).toContain(`port ${takenPort} on 127.0.0.1 is`);
    expect(said).toContain(variable);
    expect(said).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['no token', { SLUICE_NODE_TOKEN: '' }, [], /needs a token: set SLUICE_NODE_TOKEN/],
    [
      'a token file that does not exist',
      { SLUICE_NODE_TOKEN: '', SLUICE_NODE_TOKEN_FILE: '/nowhere/token' },
      [],
      /cannot be read from \/nowhere\/token: check SLUICE_NODE_TOKEN_FILE/,
    ],
    [
      'an invalid address',
      { SLUICE_PROXY_HOST: '203.0.113.1' },
      [],
      /203\.0\.113\.1 is not an address of this machine: set SLUICE_PROXY_HOST/,
    ],
    ['an invalid control plane address', { SLUICE_CONTROL_PLANE: 'nowhere' }, [], /nowhere/],
    [
      'a remote control plane, without TLS',
      { SLUICE_CONTROL_PLANE: 'cp.example.com:8005' },
      [],
      /SLUICE_STREAM_INSECURE|TLS/,
    ],
    [
      'a policies folder that does not exist',
      { SLUICE_POLICIES_DIR: '/nowhere/policies' },
      [],
      /\/nowhere\/policies/,
    ],
    [
      'a configuration file that does not exist',
      { SLUICE_CONFIG_FILE: '/nowhere/config.json' },
      [],
      /\/nowhere\/config\.json cannot be used/,
    ],
    [
      'a certificate without a key',
      { SLUICE_TLS_PORT: '0', SLUICE_TLS_CERT_FILE: '/nowhere/cert' },
      [],
      /set SLUICE_TLS_KEY_FILE as well/,
    ],
    [
      'a certificate that does not exist',
      {
        SLUICE_TLS_PORT: '0',
        SLUICE_TLS_CERT_FILE: '/nowhere/cert',
        SLUICE_TLS_KEY_FILE: '/nowhere/key',
      },
      ['--workers', '2'],
      /the certificate \/nowhere\/cert cannot be read/,
    ],
    ['no workers', {}, ['--workers', '0'], /--workers is a number from 1 to 256, not "0"/],
    ['an unknown option', {}, ['--prot', '80'], /--prot/],
  ])('with %s says what to do, and ends', async (_, env, args, expected) => {
    const { code, said } = await run(env as Record<string, string>, args);
    expect(said).toMatch(expected);
    expect(said).toMatch(/^sluice-proxy: /);
    expect(said).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  it('lists all errors of its configuration file', async () => {
    const path = join(folder, 'config.json');
    await writeFile(
      path,
      JSON.stringify({
        routes: [{ name: 'a', paths: ['no-slash'], service: 'missing' }],
        sevrices: [],
        keys: 7,
      }),
    );
    const { code, said } = await run({ SLUICE_CONFIG_FILE: path });
    expect(code).toBe(1);
    for (const pointer of ['/routes/0/paths/0', '/sevrices', '/keys'])
      expect(said).toContain(`  ${pointer}: `);
  });

  describe('a proxy with settings that it can run with', () => {
    const started = new AsyncDisposableStack();
    let stack: Stack;
    beforeAll(async () => {
      stack = started.use(await Stack.start({ proxies: 0 }));
      await stack.admin.routes.create({
        name: 'hello',
        paths: ['/hello'],
        policies: [{ name: 'static-response', config: { status: 200, content: 'hello' } }],
      });
    }, 60_000);
    afterAll(() => started.disposeAsync());

    it('serves without its data directory, and logs the reason', async () => {
      const dataDir = join(folder, 'file', 'below');
      const node = await stack.addProxy({ SLUICE_DATA_DIR: dataDir });
      expect(await (await fetch(`${node.url}/hello`)).text()).toBe('hello');
      const complaint = (): string | undefined =>
        node.process.lines.find(
          (line) => line.includes('"level":"error"') && line.includes(dataDir),
        );
      for (let turn = 0; turn < 40 && complaint() === undefined; turn++) await sleep(50);
      expect(complaint()).toMatch(
        /cannot be written .*cannot restart without its control plane.*last good configuration is not stored/,
      );
      expect((await fetch(`${node.statusUrl}/readyz`)).status).toBe(200);
    }, 30_000);

    it('with a wrong token is not ready, reports why, and keeps trying', async () => {
      const node = await stack.addProxy(
        { SLUICE_NODE_TOKEN: 'this-is-not-the-right-token-0123' },
        false,
      );
      await node.process.waitFor(`${node.statusUrl}/livez`);
      let reason = '';
      for (let turn = 0; turn < 60 && !/token/i.test(reason); turn++) {
        await sleep(50);
        reason = JSON.stringify(await (await fetch(`${node.statusUrl}/readyz`)).json());
      }
      expect(reason).toMatch(/token/i);
      expect(reason).not.toContain('this-is-not-the-right-token');
      const said = (): number => node.process.lines.filter((line) => /token/i.test(line)).length;
      expect(said()).toBeGreaterThan(0);
      const refused = await fetch(`${node.url}/hello`);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect(await refused.json()).toMatchObject({ code: 'not_ready' });
      await sleep(1_500);
      expect((await fetch(`${node.statusUrl}/livez`)).status).toBe(200);
      expect((await fetch(`${node.statusUrl}/readyz`)).status).toBe(503);
    }, 30_000);
  });
});
