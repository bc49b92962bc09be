import { join } from 'node:path';
import { SetupError } from '@sluice/errors';
import {
  definedSettings,
  flag,
  port,
  readSettingTable,
  setting,
  settingsHelp,
  wholeNumber,
} from '@sluice/schema/settings';
import { otelVariables, readTraceSettings } from '@sluice/telemetry';
import type { TraceSettings } from '@sluice/telemetry';
import { z } from 'zod';
import { weaknessOfSecret } from './auth/secret.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const secret = z.string().superRefine((text, context) => {
  const weakness = weaknessOfSecret(text);
  if (weakness !== undefined) context.addIssue({ code: 'custom', message: weakness });
});

/** All variables that the control plane reads. No other file reads the environment. */
const variables = {
  DATABASE_URL: setting(
    z
      .string({ error: 'is required: set it to postgres://user:password@host:5432/database' })
      .regex(
        /^postgres(?:ql)?:\/\/.+/,
        'must look like postgres://user:password@host:5432/database',
      ),
    'Postgres database that stores the configuration',
    'required',
  ),
  SLUICE_DATABASE_WAIT_MS: setting(
    wholeNumber(0, 3_600_000).default(60_000),
    'milliseconds to wait at start for a database that is unavailable',
  ),
  SLUICE_DATA_DIR: setting(
    z.string().min(1).default('.sluice'),
    'folder of the generated tokens; must be writable',
  ),
  SLUICE_ADMIN_HOST: setting(
    z.string().min(1).default('127.0.0.1'),
    'address on which the Admin API listens',
  ),
  SLUICE_ADMIN_PORT: setting(port.default(8001), 'port on which the Admin API listens'),
  SLUICE_ADMIN_TOKEN: setting(
    secret.optional(),
    'admin token, at least 24 characters',
    'a random token in <SLUICE_DATA_DIR>/admin-token, which only its owner can read',
  ),
  SLUICE_STREAM_HOST: setting(
    z.string().min(1).default('127.0.0.1'),
    'address on which the config stream listens',
  ),
  SLUICE_STREAM_PORT: setting(port.default(8005), 'port on which the config stream listens'),
  SLUICE_STREAM_INSECURE: setting(
    flag.default(false),
    '1 allows a config stream in plaintext on an address that is not loopback',
  ),
  SLUICE_NODE_TOKEN: setting(
    secret.optional(),
    'token that nodes present, at least 24 characters',
    'a random token in <SLUICE_DATA_DIR>/node-token',
  ),
  SLUICE_POLICIES_DIR: setting(
    z.string().min(1).optional(),
    'folder with custom policies',
    'only built-in policies',
  ),
  SLUICE_LOG_LEVEL: setting(
    z.enum(levels, { error: `must be one of ${levels.join(', ')}` }).default('info'),
    'lowest level that is logged',
  ),
  ...definedSettings(otelVariables),
};

/** The settings of the control plane, read once at start. */
export interface Settings {
  readonly databaseUrl: string;
  readonly databaseWaitMs: number;
  readonly dataDir: string;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly adminToken: string | undefined;
  readonly adminTokenFile: string;
  readonly streamHost: string;
  readonly streamPort: number;
  readonly streamInsecure: boolean;
  readonly nodeToken: string | undefined;
  readonly nodeTokenFile: string;
  readonly policiesDir: string | undefined;
  readonly logLevel: (typeof levels)[number];
  readonly traces: TraceSettings;
}

/** Injection token of {@link Settings}. */
export const SETTINGS = Symbol('Settings');

/**
 * Reads the settings. An empty variable counts as unset.
 * @throws SetupError that lists all faults and says what to set.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const read = readSettingTable(variables, env);
  if ('fault' in read) throw new SetupError(read.fault);
  const { values } = read;
  return {
    databaseUrl: values.DATABASE_URL,
    databaseWaitMs: values.SLUICE_DATABASE_WAIT_MS,
    dataDir: values.SLUICE_DATA_DIR,
    adminHost: values.SLUICE_ADMIN_HOST,
    adminPort: values.SLUICE_ADMIN_PORT,
    adminToken: values.SLUICE_ADMIN_TOKEN,
    adminTokenFile: join(values.SLUICE_DATA_DIR, 'admin-token'),
    streamHost: values.SLUICE_STREAM_HOST,
    streamPort: values.SLUICE_STREAM_PORT,
    streamInsecure: values.SLUICE_STREAM_INSECURE,
    nodeToken: values.SLUICE_NODE_TOKEN,
    nodeTokenFile: join(values.SLUICE_DATA_DIR, 'node-token'),
    policiesDir: values.SLUICE_POLICIES_DIR,
    logLevel: values.SLUICE_LOG_LEVEL,
    traces: readTraceSettings(values),
  };
}

/** The text that `--help` prints. */
export function helpText(): string {
  return `sluice-control-plane: the Admin API and the config stream of Sluice\n\nUsage: node dist/main.js [--help | --version | --openapi]\n\nSettings come from the environment:\n${settingsHelp(variables)}`;
}
