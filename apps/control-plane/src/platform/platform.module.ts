import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { BootstrapToken } from './auth/bootstrap-token.ts';
import { FailedLogins } from './auth/failed-logins.ts';
import { NodeToken } from './auth/node-token.ts';
import { keepSecret } from './auth/secret-file.ts';
import { DatabaseModule } from './database/database.module.ts';
import { SETTINGS } from './env.ts';
import type { Settings } from './env.ts';
import { IdempotencyPruner } from './idempotency/idempotency-pruner.ts';
import { IdempotencyRepository } from './idempotency/idempotency.repository.ts';
import { Logger } from './logger.ts';

/** What every feature stands on: settings, log, database, tokens from the environment. */
@Global()
@Module({})
export class PlatformModule {
  static with(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      imports: [DatabaseModule],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: Logger, useValue: logger },
        { provide: FailedLogins, useFactory: () => new FailedLogins() },
        { provide: BootstrapToken, useFactory: () => new BootstrapToken(adminSecret(settings, logger)) },
        { provide: NodeToken, useFactory: () => new NodeToken(settings.nodeToken ?? keepSecret(settings.nodeTokenFile, 'sln', 'SLUICE_NODE_TOKEN').secret) },
        IdempotencyRepository,
        IdempotencyPruner,
      ],
      exports: [SETTINGS, Logger, FailedLogins, BootstrapToken, NodeToken, IdempotencyRepository],
    };
  }
}

/** The admin token from the environment, else the kept one. A new one is printed, this once. */
function adminSecret(settings: Settings, logger: Logger): string {
  if (settings.adminToken !== undefined) return settings.adminToken;
  const { secret, isNew } = keepSecret(settings.adminTokenFile, 'sla', 'SLUICE_ADMIN_TOKEN');
  // Not through the log: logs are collected, and this line is for whoever started the process.
  if (isNew) process.stderr.write(`\nAdmin token, shown this once and kept in ${settings.adminTokenFile}:\n  ${secret}\n\n`);
  else logger.info('using the kept admin token', { file: settings.adminTokenFile });
  return secret;
}
