import { pino } from 'pino';
import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { standardError } from './standard-error.ts';

/**
 * Properties that hold secrets. Their values are not logged, wherever they stand in the first three
 * levels.
 */
const secretNames = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'apikey',
  'apiKey',
  'key',
  'token',
  'secret',
  'password',
  'privateKey',
  'hash',
  'databaseUrl',
  'redisUrl',
  // An error of Redis carries the command that failed, and that of a database its values: AUTH has
  // the password there.
  'args',
  'parameters',
] as const;

const secretPaths = secretNames.flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
]);

export interface LoggerOptions {
  /** Who speaks, such as `sluice-proxy`. */
  readonly name: string;
  readonly level: LevelWithSilent;
  /** Default: standard error, so that standard output is the access log's alone. */
  readonly destination?: DestinationStream | undefined;
}

/**
 * The logger of an app: one line of JSON for each event, with `time` (RFC 3339), `level` by name,
 * `name` and `message`. Values of properties that hold secrets are replaced by `[redacted]`.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { name: options.name },
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    options.destination ?? standardError(),
  );
}
