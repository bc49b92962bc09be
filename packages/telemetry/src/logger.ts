import { pino } from 'pino';
import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { standardError } from './standard-error.ts';

/**
 * Properties that hold secrets. Their values are not logged, at any of the first three levels of an
 * object.
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
  // An error of Redis contains the command that failed, which includes the password for AUTH; an
  // error of a database contains its values.
  'args',
  'parameters',
] as const;

const secretPaths = secretNames.flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
]);

export interface LoggerOptions {
  /** The program, such as `sluice-proxy`. */
  readonly name: string;
  readonly level: LevelWithSilent;
  /** Default: standard error, because standard output contains only the access log. */
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
