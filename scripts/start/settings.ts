import { isAbsolute, join, relative, resolve } from 'node:path';
import { readArguments } from '../arguments/start.mjs';
import { portFrom, type WantedPort } from '../process/ports.ts';
import { SetupError } from '../process/setup-error.ts';

/** The settings of `npm start`. */
export type StartSettings = {
  readonly root: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** How long the control plane waits for an unavailable database, in milliseconds. */
  readonly databaseWaitMs: number;
  readonly postgresPort: number | undefined;
  readonly ports: {
    readonly proxy: number;
    readonly admin: number;
    readonly stream: number;
    readonly status: number;
    readonly orders: number;
    readonly users: number;
  };
  readonly hasDemo: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads arguments and environment.
 * @throws SetupError for an unknown argument or a port that is none.
 */
export function readSettings(
  root: string,
  args: readonly string[],
  env: Environment,
): StartSettings {
  const { fault, isEmpty } = readArguments(args);
  if (fault !== undefined) throw new SetupError(fault);
  const orders = portFrom(env, 'SLUICE_DEMO_PORT', 9101);
  return {
    root,
    dataDir: resolve(root, given(env, 'SLUICE_DATA_DIR') ?? '.sluice'),
    databaseUrl: given(env, 'DATABASE_URL'),
    databaseWaitMs: databaseWaitFrom(env),
    postgresPort:
      given(env, 'SLUICE_POSTGRES_PORT') === undefined
        ? undefined
        : portFrom(env, 'SLUICE_POSTGRES_PORT', 0),
    ports: {
      proxy: portFrom(env, 'SLUICE_PROXY_PORT', 8000),
      admin: portFrom(env, 'SLUICE_ADMIN_PORT', 8001),
      stream: portFrom(env, 'SLUICE_STREAM_PORT', 8005),
      status: portFrom(env, 'SLUICE_STATUS_PORT', 8100),
      orders,
      users: orders + 1,
    },
    hasDemo: !isEmpty,
  };
}

/** The ports that must be free, and how to move each. */
export function wantedPorts({ ports, hasDemo }: StartSettings): WantedPort[] {
  const wanted = [
    { port: ports.proxy, purpose: 'the proxy', variable: 'SLUICE_PROXY_PORT' },
    { port: ports.admin, purpose: 'the Admin API', variable: 'SLUICE_ADMIN_PORT' },
    { port: ports.stream, purpose: 'the config stream', variable: 'SLUICE_STREAM_PORT' },
    {
      port: ports.status,
      purpose: 'health and metrics of the proxy',
      variable: 'SLUICE_STATUS_PORT',
    },
  ];
  const demo = [
    { port: ports.orders, purpose: 'the demo service "orders"', variable: 'SLUICE_DEMO_PORT' },
    { port: ports.users, purpose: 'the demo service "users"', variable: 'SLUICE_DEMO_PORT' },
  ];
  return hasDemo ? [...wanted, ...demo] : wanted;
}

/** A path as a person in the checkout would type it. */
export function shortPath({ root }: StartSettings, path: string): string {
  const short = relative(root, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** Where a program's log is kept. */
export function logPath({ dataDir }: StartSettings, name: string): string {
  return join(dataDir, 'logs', `${name}.log`);
}

/** A person waits at the terminal, so the default is shorter than the control plane's own. */
function databaseWaitFrom(env: Environment): number {
  const text = given(env, 'SLUICE_DATABASE_WAIT_MS') ?? '20000';
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 3_600_000) return value;
  throw new SetupError(
    `SLUICE_DATABASE_WAIT_MS must be a whole number of milliseconds from 0 to 3600000, not "${text}".`,
  );
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
