import { join } from 'node:path';
import { SetupError } from '@sluice/errors';
import { Name } from '@sluice/schema';
import {
  definedSettings,
  flag,
  logLevel,
  port,
  readSettingTable,
  setting,
  settingsHelp,
  unknownVariables,
  wholeNumber,
} from '@sluice/schema/settings';
import type { logLevels } from '@sluice/schema/settings';
import { otelVariables, readTraceSettings } from '@sluice/telemetry';
import type { TraceSettings } from '@sluice/telemetry';
import { z } from 'zod';
import { weaknessOfSecret } from './auth/secret.ts';

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
    'folder of the generated tokens and keys; must be writable',
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
  SLUICE_STREAM_TLS: setting(
    flag.default(false),
    '1 serves the config stream over TLS, with a generated certificate whose fingerprint is in <SLUICE_DATA_DIR>/stream-fingerprint',
  ),
  SLUICE_STREAM_CERT_FILE: setting(
    z.string().min(1).optional(),
    'certificate of the config stream with its chain, PEM; turns TLS on; read again on SIGHUP',
    'without TLS, or the generated certificate',
  ),
  SLUICE_STREAM_KEY_FILE: setting(
    z.string().min(1).optional(),
    'private key of SLUICE_STREAM_CERT_FILE, PEM; read again on SIGHUP',
    'not set',
  ),
  SLUICE_STREAM_CERTIFICATE: setting(
    Name.optional(),
    'name of the certificate resource that the config stream presents; turns TLS on; a change is used for the next connection. Until the resource exists, the generated certificate is presented',
    'the certificate of SLUICE_STREAM_CERT_FILE, or the generated one',
  ),
  SLUICE_STREAM_CLIENT_CA_FILE: setting(
    z.string().min(1).optional(),
    'CA certificates, PEM: nodes must present a client certificate that one of them issued; read again on SIGHUP',
    'no client certificates',
  ),
  SLUICE_NODE_TOKEN: setting(
    secret.optional(),
    'token that nodes present, at least 24 characters',
    'a random token in <SLUICE_DATA_DIR>/node-token',
  ),
  SLUICE_ENCRYPTION_KEY: setting(
    z.string().min(1).max(128).optional(),
    'key that encrypts secrets in the database, 32 bytes in base64 or hexadecimal; the same for all replicas',
    'a random key in <SLUICE_DATA_DIR>/encryption-key; keep a backup of it',
  ),
  SLUICE_DECRYPTION_KEYS: setting(
    z.string().max(4_096).optional(),
    'further keys, separated by commas, with which secrets are decrypted only: the previous key during a rotation',
    'none',
  ),
  SLUICE_SIGNING_KEY_DAYS: setting(
    wholeNumber(1, 365).default(30),
    'days after which the signing keys of gateways are replaced',
  ),
  SLUICE_POLICIES_DIR: setting(
    z.string().min(1).optional(),
    'folder with custom policies',
    'only built-in policies',
  ),
  SLUICE_LOG_LEVEL: logLevel,
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
  /** The stream is served over TLS with the generated certificate, unless a file is given. */
  readonly streamTls: boolean;
  readonly streamCertFile: string | undefined;
  /** Name of the certificate resource of the stream. */
  readonly streamCertificate: string | undefined;
  readonly streamKeyFile: string | undefined;
  readonly streamClientCaFile: string | undefined;
  readonly streamGeneratedFile: string;
  readonly streamFingerprintFile: string;
  readonly nodeToken: string | undefined;
  readonly nodeTokenFile: string;
  readonly encryptionKey: string | undefined;
  readonly encryptionKeyFile: string;
  readonly decryptionKeys: string | undefined;
  readonly signingKeyDays: number;
  readonly policiesDir: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
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
  requireConsistentTls(values);
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
    streamTls: values.SLUICE_STREAM_TLS || values.SLUICE_STREAM_CERTIFICATE !== undefined,
    streamCertificate: values.SLUICE_STREAM_CERTIFICATE,
    streamCertFile: values.SLUICE_STREAM_CERT_FILE,
    streamKeyFile: values.SLUICE_STREAM_KEY_FILE,
    streamClientCaFile: values.SLUICE_STREAM_CLIENT_CA_FILE,
    streamGeneratedFile: join(values.SLUICE_DATA_DIR, 'stream-tls.pem'),
    streamFingerprintFile: join(values.SLUICE_DATA_DIR, 'stream-fingerprint'),
    nodeToken: values.SLUICE_NODE_TOKEN,
    nodeTokenFile: join(values.SLUICE_DATA_DIR, 'node-token'),
    encryptionKey: values.SLUICE_ENCRYPTION_KEY,
    encryptionKeyFile: join(values.SLUICE_DATA_DIR, 'encryption-key'),
    decryptionKeys: values.SLUICE_DECRYPTION_KEYS,
    signingKeyDays: values.SLUICE_SIGNING_KEY_DAYS,
    policiesDir: values.SLUICE_POLICIES_DIR,
    logLevel: values.SLUICE_LOG_LEVEL,
    traces: readTraceSettings(values),
  };
}

/** @throws SetupError when the settings of TLS on the config stream need each other */
function requireConsistentTls(values: {
  readonly SLUICE_STREAM_CERT_FILE: string | undefined;
  readonly SLUICE_STREAM_CERTIFICATE: string | undefined;
  readonly SLUICE_STREAM_KEY_FILE: string | undefined;
  readonly SLUICE_STREAM_CLIENT_CA_FILE: string | undefined;
  readonly SLUICE_STREAM_TLS: boolean;
}): void {
  const { SLUICE_STREAM_CERT_FILE: cert, SLUICE_STREAM_KEY_FILE: key } = values;
  if ((cert === undefined) !== (key === undefined))
    throw new SetupError(
      'SLUICE_STREAM_CERT_FILE and SLUICE_STREAM_KEY_FILE need each other: set both or neither.',
    );
  if (cert !== undefined && values.SLUICE_STREAM_CERTIFICATE !== undefined)
    throw new SetupError(
      'SLUICE_STREAM_CERT_FILE and SLUICE_STREAM_CERTIFICATE exclude each other: set one of them.',
    );
  if (values.SLUICE_STREAM_CLIENT_CA_FILE === undefined) return;
  if (
    cert === undefined &&
    values.SLUICE_STREAM_CERTIFICATE === undefined &&
    !values.SLUICE_STREAM_TLS
  )
    throw new SetupError(
      'SLUICE_STREAM_CLIENT_CA_FILE needs TLS on the config stream: set SLUICE_STREAM_CERT_FILE and SLUICE_STREAM_KEY_FILE, or SLUICE_STREAM_TLS=1.',
    );
}

/** A warning for each variable that looks like a setting and is none. */
export function settingWarnings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  return unknownVariables(env, Object.keys(variables));
}

/** The text that `--help` prints. */
export function helpText(): string {
  return `sluice-control-plane: the Admin API and the config stream of Sluice\n\nUsage: node dist/main.js [--help | --version | --openapi | --export-credentials]\n\nSettings come from the environment:\n${settingsHelp(variables)}`;
}
