import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { startControlPlane } from './app.ts';
import { after } from '@sluice/errors';
import { surviveUncaughtExceptions } from '@sluice/telemetry';
import { openApiDocument } from './openapi/document.ts';
import { helpText, readSettings } from './platform/env.ts';
import { JsonLogger } from './platform/logger.ts';
import { SetupError } from './platform/setup-error.ts';

const shutdownMs = 10_000;

async function main(): Promise<void> {
  const settings = readSettings();
  const logger = new JsonLogger(settings.logLevel);
  surviveUncaughtExceptions((fields, message) => logger.error(message, { ...fields }));
  const controlPlane = await startControlPlane(settings, logger);
  logger.info('listening', { admin: controlPlane.adminUrl });
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { signal });
    // Whatever still runs after that is cut off: it is committed or rolled back by the database.
    after('lifecycle', shutdownMs, () => process.exit(1)).unref();
    controlPlane.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('could not stop cleanly', { reason: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String((manifest as { version?: unknown }).version);
}

const [argument] = process.argv.slice(2);
if (argument === '--help') process.stdout.write(helpText());
else if (argument === '--version') process.stdout.write(`${version()}\n`);
else if (argument === '--openapi') process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
else if (argument !== undefined) {
  process.stderr.write(`"${argument}" is not known: everything is set by environment variables. Run with --help for the list.\n`);
  process.exitCode = 2;
} else {
  main().catch((error: unknown) => {
    process.stderr.write(error instanceof SetupError ? `\n${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
}
