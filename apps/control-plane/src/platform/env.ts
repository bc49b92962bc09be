import { join } from 'node:path';
import { SetupError } from '@sluice/errors';
import { otelVariables, readTraceSettings } from '@sluice/telemetry';
import type { OtelVariableName, TraceSettings } from '@sluice/telemetry';
import { z } from 'zod';
import { weaknessOfSecret } from './auth/secret.ts';

const port = wholeNumber(0, 65_535);
const flag = z.enum(['0', '1'], { error: 'must be 0 or 1' }).transform((text) => text === '1');
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const secret = z.string().superRefine((text, context) => {
  const weakness = weaknessOfSecret(text);
  if (weakness !== undefined) context.addIssue({ code: 'custom', message: weakness });
});

interface Variable {
  readonly schema: z.ZodType;
  /** The default that --help shows when the schema has none. */
  readonly unset?: string;
  readonly text: string;
}

const variable = <Schema extends z.ZodType>(schema: Schema, text: string, unset?: string) =>
  ({ schema, text, ...(unset === undefined ? {} : { unset }) }) satisfies Variable;

/** All variables that the control plane reads. No other file reads the environment. */
const variables = {
  DATABASE_URL: variable(
    z
      .string({ error: 'is required: set it to postgres://user:password@host:5432/database' })
      .regex(
        /^postgres(?:ql)?:\/\/.+/,
        'must look like postgres://user:password@host:5432/database',
      ),
    'Postgres database that stores the configuration',
    'required',
  ),
  SLUICE_DATABASE_WAIT_MS: variable(
    wholeNumber(0, 3_600_000).default(60_000),
    'milliseconds to wait at start for a database that is unavailable',
  ),
  SLUICE_DATA_DIR: variable(
    z.string().min(1).default('.sluice'),
    'folder of the generated tokens; must be writable',
  ),
  SLUICE_ADMIN_HOST: variable(
    z.string().min(1).default('127.0.0.1'),
    'address on which the Admin API listens',
  ),
  SLUICE_ADMIN_PORT: variable(port.default(8001), 'port on which the Admin API listens'),
  SLUICE_ADMIN_TOKEN: variable(
    secret.optional(),
    'admin token, at least 24 characters',
    'a random token in <SLUICE_DATA_DIR>/admin-token, which only its owner can read',
  ),
  SLUICE_STREAM_HOST: variable(
    z.string().min(1).default('127.0.0.1'),
    'address on which the config stream listens',
  ),
  SLUICE_STREAM_PORT: variable(port.default(8005), 'port on which the config stream listens'),
  SLUICE_STREAM_INSECURE: variable(
    flag.default(false),
    '1 allows a config stream in plaintext on an address that is not loopback',
  ),
  SLUICE_NODE_TOKEN: variable(
    secret.optional(),
    'token that nodes present, at least 24 characters',
    'a random token in <SLUICE_DATA_DIR>/node-token',
  ),
  SLUICE_POLICIES_DIR: variable(
    z.string().min(1).optional(),
    'folder with custom policies',
    'only built-in policies',
  ),
  SLUICE_LOG_LEVEL: variable(
    z.enum(levels, { error: `must be one of ${levels.join(', ')}` }).default('info'),
    'lowest level that is logged',
  ),
  ...otelSettings(),
};

type Values = { [K in keyof typeof variables]: z.output<(typeof variables)[K]['schema']> };

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
  const given = Object.fromEntries(
    Object.keys(variables).map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const shape = Object.fromEntries(
    Object.entries(variables).map(([name, { schema }]) => [name, schema]),
  );
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
    throw new SetupError(
      `The environment variables are not valid:\n${faults.join('\n')}\nRun with --help for all variables.`,
    );
  }
  const values = parsed.data as Values;
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

/** Returns the text that `--help` prints. */
export function helpText(): string {
  const lines = Object.entries(variables as Record<string, Variable>).map(
    ([name, { schema, text, unset }]) => {
      const initial = unset ?? String(schema.parse(undefined)).replace(/^false$/, '0');
      return `  ${name.padEnd(34)} ${text}\n  ${''.padEnd(34)} default: ${initial}`;
    },
  );
  return `sluice-control-plane: the Admin API and the config stream of Sluice\n\nUsage: node dist/main.js [--help | --version | --openapi]\n\nEnvironment:\n${lines.join('\n')}\n`;
}

/** The standard variables of OpenTelemetry. */
function otelSettings() {
  const entries = Object.entries(otelVariables).map(([name, { text, faultOf }]) => {
    const schema = z.string().superRefine((value, context) => {
      const message = faultOf(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
    return [name, variable(schema.optional(), text, 'not set')];
  });
  return Object.fromEntries(entries) as Record<
    OtelVariableName,
    { schema: z.ZodOptional<z.ZodString>; text: string }
  >;
}

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}
