import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminClient, type AdminClient } from '@sluice/admin-client';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { freePort } from '../../scripts/process/ports.ts';
import { AppProcess } from './app-process.ts';

/** Tokens that all stacks share: long enough to be valid, and the same on both sides. */
export const adminToken = 'e2e-admin-token-0123456789abcdef';
const nodeToken = 'e2e-node-token-0123456789abcdef';

export interface ProxyNode {
  readonly name: string;
  readonly process: AppProcess;
  readonly port: number;
  /** Base address of the traffic port. */
  readonly url: string;
  /** Base address of the status port. */
  readonly statusUrl: string;
  readonly dataDir: string;
}

export interface ControlPlane {
  readonly process: AppProcess;
  readonly admin: AdminClient;
  readonly url: string;
  readonly streamAddress: string;
}

export interface StackOptions {
  readonly controlPlanes?: number;
  readonly proxies?: number;
  /** The database to use, for tests that kill it. */
  readonly databaseUrl?: string;
  readonly controlPlaneEnv?: Readonly<Record<string, string>>;
  readonly proxyEnv?: Readonly<Record<string, string>>;
  /** Given to every proxy on its command line. */
  readonly proxyArguments?: readonly string[];
}

/**
 * Control planes and proxies as separate processes on a real Postgres, on free ports of the
 * loopback interface.
 */
export class Stack implements AsyncDisposable {
  readonly folder: string;
  readonly controlPlanes: ControlPlane[] = [];
  readonly proxies: ProxyNode[] = [];
  readonly #options: StackOptions;
  readonly #database: TestDatabase | undefined;

  private constructor(folder: string, options: StackOptions, database: TestDatabase | undefined) {
    this.folder = folder;
    this.#options = options;
    this.#database = database;
  }

  /** Starts everything and waits until it is ready. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
    const database = options.databaseUrl === undefined ? await createTestDatabase() : undefined;
    const stack = new Stack(folder, options, database);
    try {
      for (let index = 0; index < (options.controlPlanes ?? 1); index++)
        await stack.#addControlPlane(database?.url ?? options.databaseUrl ?? '');
      for (let index = 0; index < (options.proxies ?? 1); index++) await stack.addProxy();
    } catch (fault) {
      await stack.stop();
      throw fault;
    }
    return stack;
  }

  get admin(): AdminClient {
    return this.#first(this.controlPlanes).admin;
  }

  get controlPlane(): ControlPlane {
    return this.#first(this.controlPlanes);
  }

  get proxy(): ProxyNode {
    return this.#first(this.proxies);
  }

  /** Adds a proxy and, by default, waits until it is ready. */
  async addProxy(
    env: Readonly<Record<string, string>> = {},
    waitsForReady = true,
    args: readonly string[] | undefined = this.#options.proxyArguments,
  ): Promise<ProxyNode> {
    const name = `proxy-${this.proxies.length + 1}`;
    const [port, statusPort] = [await freePort(), await freePort()];
    const dataDir = join(this.folder, name);
    const settings = {
      SLUICE_NODE_ID: name,
      SLUICE_CONTROL_PLANE: this.controlPlanes.map(({ streamAddress }) => streamAddress).join(','),
      SLUICE_NODE_TOKEN: nodeToken,
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: String(statusPort),
      SLUICE_DATA_DIR: dataDir,
      SLUICE_ACCESS_LOG: 'off',
      ...this.#options.proxyEnv,
      ...env,
    };
    const process = new AppProcess('proxy', name, settings, args);
    const node = {
      name,
      process,
      port,
      url: `http://127.0.0.1:${port}`,
      statusUrl: `http://127.0.0.1:${statusPort}`,
      dataDir,
    };
    this.proxies.push(node);
    if (waitsForReady) await process.start(`${node.statusUrl}/readyz`);
    else process.spawn();
    return node;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends all processes and removes their files. */
  async stop(): Promise<void> {
    await Promise.all(this.proxies.map(({ process }) => process.end('SIGKILL')));
    await Promise.all(this.controlPlanes.map(({ process }) => process.end('SIGKILL')));
    await this.#database?.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Reads a file in the stack's folder. */
  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  async #addControlPlane(databaseUrl: string): Promise<void> {
    const name = `control-plane-${this.controlPlanes.length + 1}`;
    const [adminPort, streamPort] = [await freePort(), await freePort()];
    const process = new AppProcess('control-plane', name, {
      DATABASE_URL: databaseUrl,
      SLUICE_ADMIN_PORT: String(adminPort),
      SLUICE_STREAM_PORT: String(streamPort),
      SLUICE_ADMIN_TOKEN: adminToken,
      SLUICE_NODE_TOKEN: nodeToken,
      SLUICE_DATA_DIR: join(this.folder, name),
      ...this.#options.controlPlaneEnv,
    });
    const url = `http://127.0.0.1:${adminPort}`;
    this.controlPlanes.push({
      process,
      admin: createAdminClient({ url, token: adminToken, timeoutMs: 20_000 }),
      url,
      streamAddress: `127.0.0.1:${streamPort}`,
    });
    await process.start(`${url}/readyz`);
  }

  #first<T>(list: readonly T[]): T {
    const [first] = list;
    if (first === undefined) throw new Error('the stack has none of these');
    return first;
  }
}
