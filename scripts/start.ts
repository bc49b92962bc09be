/**
 * The whole of `npm start`: builds what has changed, starts Postgres, the control plane and a
 * proxy, registers a demo on an empty database, prints commands to try, and stays until Ctrl-C. The
 * processes that it starts end with it, even when it is killed.
 */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments/start.mjs';
import { ensureDemo } from './demo/register-demo.ts';
import { startPostgres, type EmbeddedPostgres } from './embedded/postgres.ts';
import { makeFolder } from './process/make-folder.ts';
import { postgresLogPath } from './embedded/postgres-location.ts';
import { requireFreePorts } from './process/ports.ts';
import { SetupError, describeFailure } from './process/setup-error.ts';
import { untilAskedToStop } from './process/stop-request.ts';
import { ensureBuilt } from './start/build.ts';
import { explainDataAccess, requireDataAccess } from './start/data-access.ts';
import { withoutEncryptionKeys } from './start/environment.ts';
import { startProgram, type Program } from './start/program.ts';
import { step } from './start/progress.ts';
import { RestartPolicy } from './start/restart-policy.ts';
import {
  logPath,
  readSettings,
  shortPath,
  wantedPorts,
  type StartSettings,
} from './start/settings.ts';
import { summary } from './start/summary.ts';

type GiveUp = (reason: SetupError) => void;
type Running = { readonly name: string; stop(): Promise<void> };

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
const args = process.argv.slice(2);
/** In the order they were started; they stop in the opposite order. */
const running: Running[] = [];

const { help } = readArguments(args);
if (help === undefined) await main();
else process.stdout.write(help);

async function main(): Promise<void> {
  const stopRequest = untilAskedToStop();
  const crash = Promise.withResolvers<never>();
  // A crash before the promise is awaited is not an unhandled rejection.
  crash.promise.catch(() => {});
  let exitCode = 0;
  let dataDir: string | undefined;
  try {
    const settings = readSettings(root, args, process.env);
    dataDir = settings.dataDir;
    const start = bringUp(settings, (reason) => crash.reject(reason));
    await Promise.race([
      start.then((demoKey) => console.log(summary(settings, demoKey))),
      stopRequest,
      crash.promise,
    ]);
    await Promise.race([stopRequest, crash.promise]);
    console.log('\nStopping.');
  } catch (error) {
    const cause = dataDir === undefined ? error : explainDataAccess(error, dataDir);
    console.error(`${running.length === 0 ? '' : '\n'}${describeFailure(cause)}`);
    exitCode = 1;
  }
  for (const { name, stop } of running.reverse()) await step(name, stop);
  process.exit(exitCode);
}

/** Starts everything in order and returns the key of the demo, if there is one. */
async function bringUp(settings: StartSettings, giveUp: GiveUp): Promise<string | undefined> {
  await requireFreePorts(wantedPorts(settings));
  createDataDir(settings);
  await step(
    'Build',
    () => ensureBuilt(root),
    (hasBuilt) => (hasBuilt ? '' : 'up to date'),
  );
  const databaseUrl =
    settings.databaseUrl ??
    (await step('Postgres', () => startDatabase(settings, giveUp), processRemark)).url;
  await step(
    'Control plane',
    () => startControlPlane(settings, databaseUrl, giveUp),
    processRemark,
  );
  if (settings.hasDemo)
    await step(
      'Demo services',
      () => startDemoServices(settings, giveUp),
      (pids) => `processes ${pids.join(', ')}`,
    );
  await step('Proxy', () => startProxy(settings, giveUp), processRemark);
  if (!settings.hasDemo) return undefined;
  const demo = await step(
    'Demo configuration',
    () => configureDemo(settings),
    ({ isNew }) => (isNew ? '' : 'unchanged'),
  );
  return demo.key;
}

function processRemark({ pid }: { readonly pid: number | undefined }): string {
  return `process ${pid}`;
}

function createDataDir(settings: StartSettings): void {
  try {
    if (!existsSync(settings.dataDir)) {
      makeFolder(settings.dataDir);
      // The account that Postgres runs as has to pass through; what is secret in here has rights of
      // its own.
      chmodSync(settings.dataDir, 0o711);
    }
    requireDataAccess(settings.dataDir);
    makeFolder(join(settings.dataDir, 'logs'));
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(
      `Cannot write to ${settings.dataDir}: ${(error as Error).message}.\nChoose a folder you may write to: SLUICE_DATA_DIR=<folder>.`,
    );
  }
}

/** Restarts a part when it crashes, and stops it at the end. */
function keepRunning<Part extends Program>(
  name: string,
  restartPolicy: RestartPolicy,
  part: Part,
): Part {
  restartPolicy.useRestart(async () => {
    await part.restart();
    return part;
  });
  running.push({
    name,
    stop: () => {
      restartPolicy.stop();
      return part.stop();
    },
  });
  return part;
}

async function startDatabase(settings: StartSettings, giveUp: GiveUp): Promise<EmbeddedPostgres> {
  const dataDir = join(settings.dataDir, 'postgres');
  const restartPolicy = new RestartPolicy(
    { name: 'Postgres', logPath: postgresLogPath(dataDir) },
    giveUp,
  );
  const postgres = await startPostgres({
    dataDir,
    database: 'sluice',
    port: settings.postgresPort,
    portVariable: 'SLUICE_POSTGRES_PORT',
    onNotice: (line) => {
      console.log(`\n    ${line}`);
    },
    onCrash: (description) => {
      restartPolicy.onCrash(description);
    },
  });
  return keepRunning('Postgres', restartPolicy, postgres);
}

async function startControlPlane(
  settings: StartSettings,
  databaseUrl: string,
  giveUp: GiveUp,
): Promise<Program> {
  const { ports } = settings;
  const log = logPath(settings, 'control-plane');
  const restartPolicy = new RestartPolicy({ name: 'the control plane', logPath: log }, giveUp);
  const program = await startProgram({
    name: 'control plane',
    args: [join(root, 'apps/control-plane/dist/main.js')],
    env: {
      SLUICE_STREAM_TLS: '1',
      ...process.env,
      DATABASE_URL: databaseUrl,
      SLUICE_DATABASE_WAIT_MS: String(settings.databaseWaitMs),
      SLUICE_DATA_DIR: settings.dataDir,
      SLUICE_ADMIN_PORT: String(ports.admin),
      SLUICE_STREAM_PORT: String(ports.stream),
    },
    logPath: log,
    readyUrl: `http://127.0.0.1:${ports.admin}/readyz`,
    // Longer than its wait for the database, whose end it explains better than we can.
    readyTimeoutMs: settings.databaseWaitMs + 40_000,
    stopGraceMs: 5_000,
    onCrash: (description) => {
      restartPolicy.onCrash(description);
    },
  });
  return keepRunning('Control plane', restartPolicy, program);
}

async function startDemoServices(
  settings: StartSettings,
  giveUp: GiveUp,
): Promise<(number | undefined)[]> {
  const upstream = join(root, 'scripts/demo/upstream.ts');
  const start = async (name: 'orders' | 'users'): Promise<number | undefined> => {
    const port = settings.ports[name];
    const log = logPath(settings, `demo-${name}`);
    const restartPolicy = new RestartPolicy(
      { name: `the demo service "${name}"`, logPath: log },
      giveUp,
    );
    const program = await startProgram({
      name: `demo service "${name}"`,
      args: [upstream, name, String(port)],
      env: withoutEncryptionKeys(process.env),
      logPath: log,
      readyUrl: `http://127.0.0.1:${port}/`,
      stopGraceMs: 1_000,
      onCrash: (description) => {
        restartPolicy.onCrash(description);
      },
    });
    return keepRunning(`Demo ${name}`, restartPolicy, program).pid;
  };
  return await Promise.all([start('orders'), start('users')]);
}

/** The Node arguments of every proxy; docs/adr/0011-collections-on-one-core.md explains them. */
function nodeArguments(): string[] {
  return JSON.parse(readFileSync(join(root, 'apps/proxy/node-arguments.json'), 'utf8')) as string[];
}

async function startProxy(settings: StartSettings, giveUp: GiveUp): Promise<Program> {
  const { ports, dataDir } = settings;
  const log = logPath(settings, 'proxy');
  const restartPolicy = new RestartPolicy({ name: 'the proxy', logPath: log }, giveUp);
  const program = await startProgram({
    name: 'proxy',
    args: [...nodeArguments(), join(root, 'apps/proxy/dist/main.js')],
    env: {
      // The demo has nothing to finish, so it gets only a short time to stop.
      SLUICE_DRAIN_MS: '3000',
      ...streamTls(settings),
      ...withoutEncryptionKeys(process.env),
      SLUICE_CONTROL_PLANE: `127.0.0.1:${ports.stream}`,
      SLUICE_NODE_TOKEN: secret(settings, 'SLUICE_NODE_TOKEN', 'node-token'),
      SLUICE_PROXY_PORT: String(ports.proxy),
      SLUICE_STATUS_PORT: String(ports.status),
      SLUICE_DATA_DIR: join(dataDir, 'proxy'),
    },
    logPath: log,
    readyUrl: `http://127.0.0.1:${ports.status}/readyz`,
    stopGraceMs: 5_000,
    onCrash: (description) => {
      restartPolicy.onCrash(description);
    },
  });
  return keepRunning('Proxy', restartPolicy, program);
}

/** How the proxy recognises the control plane, unless the environment says it. */
function streamTls({ dataDir }: StartSettings): Record<string, string> {
  const isSaid = ['SLUICE_STREAM_FINGERPRINT', 'SLUICE_STREAM_CA_FILE'].some(
    (name) => (process.env[name] ?? '') !== '',
  );
  if (isSaid || process.env['SLUICE_STREAM_TLS'] === '0') return {};
  return { SLUICE_STREAM_FINGERPRINT_FILE: join(dataDir, 'stream-fingerprint') };
}

async function configureDemo(settings: StartSettings): ReturnType<typeof ensureDemo> {
  const { ports, dataDir } = settings;
  return await ensureDemo({
    adminUrl: `http://127.0.0.1:${ports.admin}`,
    adminToken: secret(settings, 'SLUICE_ADMIN_TOKEN', 'admin-token'),
    dataDir,
    ordersPort: ports.orders,
    usersPort: ports.users,
  });
}

/** A token from the environment, or from the file the control plane keeps it in. */
function secret(settings: StartSettings, variable: string, file: string): string {
  const fromEnvironment = process.env[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const path = join(settings.dataDir, file);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SetupError(
      `Cannot read ${shortPath(settings, path)}, which the control plane writes at its first start: ${(error as Error).message}`,
    );
  }
}
