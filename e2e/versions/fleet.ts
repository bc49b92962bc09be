import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminClient, type AdminClient } from '@sluice/admin-client';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { freePort } from '../../scripts/process/ports.ts';
import { AppProcess } from '../harness/app-process.ts';

const adminToken = 'e2e-admin-token-0123456789abcdef';
const nodeToken = 'e2e-node-token-0123456789abcdef';
/** Shared by all control planes of a database. */
const encryptionKey = randomBytes(32).toString('hex');

/** A release whose programs are built in a folder; undefined: this checkout. */
export type Release = string | undefined;

/** A control plane or a node that keeps its ports and its data while its release changes. */
abstract class Member {
  readonly name: string;
  protected process: AppProcess | undefined;
  /** False from the moment at which it is told to stop. */
  isUp = false;
  /** The lines that former processes wrote. */
  private readonly written: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Ends the process as an orchestrator does and starts it with another release. */
  async replace(release: Release): Promise<void> {
    await this.stop();
    this.process = this.create(release);
    await this.process.start(this.readyUrl);
    this.isUp = true;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.isUp = false;
    const { process } = this;
    if (process === undefined) return;
    await process.end(signal);
    this.written.push(...process.lines);
    this.process = undefined;
  }

  /** What it and its predecessors wrote. */
  get log(): string {
    return [...this.written, ...(this.process?.lines ?? [])].join('\n');
  }

  protected abstract readonly readyUrl: string;
  protected abstract create(release: Release): AppProcess;
}

/** A control plane of the fleet. */
export class FleetControlPlane extends Member {
  readonly admin: AdminClient;
  readonly streamPort: number;
  private readonly adminPort: number;
  private readonly env: Readonly<Record<string, string>>;

  constructor(
    name: string,
    folder: string,
    databaseUrl: string,
    adminPort: number,
    streamPort: number,
  ) {
    super(name);
    this.adminPort = adminPort;
    this.streamPort = streamPort;
    this.env = {
      DATABASE_URL: databaseUrl,
      SLUICE_ADMIN_PORT: String(adminPort),
      SLUICE_STREAM_PORT: String(streamPort),
      SLUICE_ADMIN_TOKEN: adminToken,
      SLUICE_NODE_TOKEN: nodeToken,
      SLUICE_ENCRYPTION_KEY: encryptionKey,
      SLUICE_DATA_DIR: join(folder, name),
    };
    const url = `http://127.0.0.1:${adminPort}`;
    this.admin = createAdminClient({ url, token: adminToken, timeoutMs: 20_000 });
  }

  protected get readyUrl(): string {
    return `http://127.0.0.1:${this.adminPort}/readyz`;
  }

  protected create(release: Release): AppProcess {
    return new AppProcess('control-plane', this.name, this.env, [], release);
  }
}

/** A node of the fleet. */
export class FleetNode extends Member {
  readonly url: string;
  private readonly statusPort: number;
  private readonly env: Readonly<Record<string, string>>;

  constructor(
    name: string,
    folder: string,
    controlPlanes: readonly FleetControlPlane[],
    port: number,
    statusPort: number,
  ) {
    super(name);
    this.url = `http://127.0.0.1:${port}`;
    this.statusPort = statusPort;
    this.env = {
      SLUICE_NODE_ID: name,
      SLUICE_CONTROL_PLANE: controlPlanes
        .map(({ streamPort }) => `127.0.0.1:${streamPort}`)
        .join(','),
      SLUICE_NODE_TOKEN: nodeToken,
      SLUICE_PROXY_PORT: String(port),
      SLUICE_STATUS_PORT: String(statusPort),
      SLUICE_DATA_DIR: join(folder, name),
      SLUICE_ACCESS_LOG: 'off',
    };
  }

  protected get readyUrl(): string {
    return `http://127.0.0.1:${this.statusPort}/readyz`;
  }

  protected create(release: Release): AppProcess {
    return new AppProcess('proxy', this.name, this.env, [], release);
  }
}

/** Two control planes and two nodes of any releases, on one database. */
export class Fleet implements AsyncDisposable {
  readonly controlPlanes: readonly [FleetControlPlane, FleetControlPlane];
  readonly nodes: readonly [FleetNode, FleetNode];

  readonly folder: string;
  private readonly database: TestDatabase;

  private constructor(folder: string, database: TestDatabase, ports: readonly number[]) {
    this.folder = folder;
    this.database = database;
    const controlPlane = (name: string, at: number): FleetControlPlane =>
      new FleetControlPlane(name, folder, database.url, ports[at] ?? 0, ports[at + 1] ?? 0);
    this.controlPlanes = [controlPlane('control-a', 0), controlPlane('control-b', 2)];
    const node = (name: string, at: number): FleetNode =>
      new FleetNode(name, folder, this.controlPlanes, ports[at] ?? 0, ports[at + 1] ?? 0);
    this.nodes = [node('node-1', 4), node('node-2', 6)];
  }

  /** Starts all with this release. */
  static async start(): Promise<Fleet> {
    const ports: number[] = [];
    while (ports.length < 8) {
      const port = await freePort();
      if (!ports.includes(port)) ports.push(port);
    }
    const folder = await mkdtemp(join(tmpdir(), 'sluice-fleet-'));
    const fleet = new Fleet(folder, await createTestDatabase(), ports);
    try {
      await fleet.controlPlanes[0].replace(undefined);
      await fleet.controlPlanes[1].replace(undefined);
      await Promise.all(fleet.nodes.map((node) => node.replace(undefined)));
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.nodes, ...this.controlPlanes];
    await Promise.all(all.map((member) => member.stop('SIGKILL')));
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
