import { errorCode, errorMessage, every, SetupError } from '@sluice/errors';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { PolicySchema } from '@sluice/policies/schemas';
import { loadPolicySchemas } from '@sluice/policy-sdk/load';
import { AppModule } from './app.module.ts';
import { serveDocumentation } from './openapi/documentation.ts';
import { operatorTokens } from './platform/auth/operator-tokens.ts';
import { Database } from './platform/database/database.ts';
import type { Settings } from './platform/env.ts';
import { openFileLimit } from '@sluice/telemetry';
import { AdminHttpAdapter } from './platform/http/admin-http-adapter.ts';
import { checkRouter } from './platform/http/allowed-methods.ts';
import { fitConnections } from './platform/http/connection-limits.ts';
import { assignRequestId } from './platform/http/request-id.ts';
import { nestLogger } from './platform/logger.ts';
import type { Logger } from './platform/logger.ts';
import { ControlPlaneMetrics } from './platform/metrics/control-plane-metrics.ts';
import { traceRequests } from './platform/tracing/request-spans.ts';
import { StreamModule } from './stream/stream.module.ts';

const idleSweepMs = 50;

/** A running control plane. */
export interface ControlPlane {
  readonly adminUrl: string;
  /** Reads the certificate of the config stream again. Never rejects. */
  reload(): Promise<void>;
  /** Finishes the requests in flight, then closes all connections and the database. */
  close(): Promise<void>;
}

/**
 * Starts the control plane and listens. Port 0 selects a free port.
 * @throws SetupError when the database, the data directory, the custom policies or a port cannot be
 * used.
 */
export async function startControlPlane(
  settings: Settings,
  logger: Logger,
  metrics = new ControlPlaneMetrics(''),
): Promise<ControlPlane> {
  const tokens = operatorTokens(settings, logger);
  const ownPolicies = await loadOwnPolicies(settings);
  for (const { name, unusable } of ownPolicies)
    if (unusable !== undefined)
      logger.warn('a custom policy cannot be attached', { policy: name, reason: unusable });
  const app = await NestFactory.create(
    AppModule.with({ settings, logger, metrics, tokens, ownPolicies }),
    createAdapter(),
    {
      // Errors during the start are thrown, and the caller reports them once.
      logger: false,
      bodyParser: false,
      abortOnError: false,
    },
  );
  try {
    const server = app.getHttpServer() as Server;
    const limits = fitConnections(openFileLimit());
    server.maxConnections = limits.admin;
    logger.info('connection limits', { ...limits, openFiles: openFileLimit() });
    serveDocumentation(app);
    await app.init();
    checkRouter(app.getHttpAdapter().getInstance() as object);
    await listen(app, settings);
    server.on('error', (error) =>
      logger.error('a connection to the Admin API could not be accepted', {
        reason: errorMessage(error),
      }),
    );
    app.useLogger(nestLogger(logger));
    const { port } = server.address() as AddressInfo;
    const host = settings.adminHost.includes(':') ? `[${settings.adminHost}]` : settings.adminHost;
    return {
      adminUrl: `http://${host}:${port}`,
      reload: () => app.get(StreamModule).renewCertificate(),
      close: () => stop(app),
    };
  } catch (error) {
    await stop(app);
    throw error;
  }
}

/**
 * Lets requests in flight finish. Closes connections as they become idle, because clients keep them
 * for a minute.
 */
async function stop(app: INestApplication): Promise<void> {
  const server = app.getHttpServer() as Server;
  const sweeper = every('lifecycle', idleSweepMs, () => server.closeIdleConnections());
  try {
    await app.close();
  } finally {
    clearInterval(sweeper);
    await app.get(Database).close();
    app.get(ControlPlaneMetrics).stop();
  }
}

async function loadOwnPolicies({ policiesDir }: Settings): Promise<readonly PolicySchema[]> {
  if (policiesDir === undefined) return [];
  try {
    return await loadPolicySchemas(policiesDir);
  } catch (error) {
    throw new SetupError(
      `The custom policies in SLUICE_POLICIES_DIR (${policiesDir}) cannot be used: ${errorMessage(error)}`,
    );
  }
}

function createAdapter(): AdminHttpAdapter {
  const adapter = new AdminHttpAdapter();
  adapter.disable('x-powered-by');
  adapter.disable('etag');
  adapter.use(assignRequestId);
  adapter.use(traceRequests);
  return adapter;
}

async function listen(app: INestApplication, { adminHost, adminPort }: Settings): Promise<void> {
  try {
    await app.listen(adminPort, adminHost);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRINUSE')
      throw new SetupError(
        `Port ${adminPort} on ${adminHost} is in use. Stop the process that listens there, or set SLUICE_ADMIN_PORT to another port.`,
      );
    if (code === 'EACCES')
      throw new SetupError(
        `This user may not listen on port ${adminPort}. Set SLUICE_ADMIN_PORT to a port above 1023.`,
      );
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new SetupError(
        `${adminHost} is not an address of this machine. Set SLUICE_ADMIN_HOST to one that is, such as 127.0.0.1.`,
      );
    throw error;
  }
}
