import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { after, describeFailure, errorMessage } from '@sluice/errors';
import { surviveUncaughtExceptions } from '@sluice/telemetry';
import { startControlPlane, type ControlPlane } from './app.ts';
import { exportCredentials } from './features/credentials/export/export-credentials.ts';
import { openApiDocument } from './openapi/document.ts';
import { helpText, readSettings, settingWarnings } from './platform/env.ts';
import { JsonLogger, type Logger } from './platform/logger.ts';
import { ControlPlaneMetrics } from './platform/metrics/control-plane-metrics.ts';
import { startTracing } from './platform/tracing/tracing.ts';

const shutdownMs = 10_000;
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
/** npm and some shells forward a Ctrl-C that the terminal has already sent to every process. */
const sameRequestMs = 500;

/** Holds the control plane after it has started. */
interface Started {
  controlPlane: ControlPlane | undefined;
}

async function main(): Promise<void> {
  const settings = readSettings();
  const logger = new JsonLogger(settings.logLevel);
  surviveUncaughtExceptions((fields, message) => logger.error(message, { ...fields }));
  for (const warning of settingWarnings()) logger.warn(warning);
  const started: Started = { controlPlane: undefined };
  takeOverSignals(logger, started);
  const metrics = new ControlPlaneMetrics(version());
  const tracing = await startTracing(settings.traces, version(), metrics, logger);
  const { adminUrl, reload, close } = await startControlPlane(settings, logger, metrics);
  // The last spans are made while requests under way finish.
  started.controlPlane = { adminUrl, reload, close: () => close().finally(() => tracing.stop()) };
  logger.info('listening', { admin: started.controlPlane.adminUrl });
}

/**
 * SIGTERM and SIGINT stop the process gracefully. During the start they end it at once; the
 * database rolls back an unfinished migration. A second signal ends the process at once. SIGHUP
 * never ends it.
 */
function takeOverSignals(logger: Logger, started: Started): void {
  let stoppingSinceMs: number | undefined;
  const stop = (signal: keyof typeof exitCodes): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > sameRequestMs) process.exit(exitCodes[signal]);
      return;
    }
    stoppingSinceMs = performance.now();
    logger.info('stopping', { signal });
    const { controlPlane } = started;
    if (controlPlane === undefined) process.exit(0);
    // Ends requests that still run after the timeout. The database has committed them or rolls them
    // back.
    after('lifecycle', shutdownMs, () => process.exit(1)).unref();
    controlPlane.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('could not stop cleanly', { reason: errorMessage(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGHUP', () => void started.controlPlane?.reload());
}

/** Prints all credentials, see `exportCredentials`. */
async function printCredentials(): Promise<void> {
  const settings = readSettings();
  await exportCredentials(settings, new JsonLogger('warn'), {
    line: async (text) => {
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    },
    leftOut: (text) => void process.stderr.write(text),
  });
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return String((manifest as { version?: unknown }).version);
}

/** Runs the command line. The signal handlers are installed when it returns. */
export function run(): void {
  const [argument, ...more] = process.argv.slice(2);
  const isAlone = more.length === 0;
  if (argument === '--help' || argument === '-h') process.stdout.write(helpText());
  else if (argument === '--version' && isAlone) process.stdout.write(`${version()}\n`);
  else if (argument === '--openapi' && isAlone)
    process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
  else if (argument === '--export-credentials' && isAlone) printCredentials().catch(fail);
  else if (argument !== undefined) {
    const unknown = flags.includes(argument) ? more[0] : argument;
    process.stderr.write(
      `"${unknown}" is not a known option: all settings are environment variables. Run with --help for the list.\n`,
    );
    process.exitCode = 2;
  } else main().catch(fail);
}

const flags = ['--version', '--openapi', '--export-credentials'];

function fail(error: unknown): void {
  process.stderr.write(`\n${describeFailure(error)}\n`);
  process.exit(1);
}
