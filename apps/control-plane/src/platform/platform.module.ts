import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BootstrapToken } from './auth/bootstrap-token.ts';
import { FailedLogins } from './auth/failed-logins.ts';
import { NodeToken } from './auth/node-token.ts';
import type { OperatorTokens } from './auth/operator-tokens.ts';
import { DatabaseModule } from './database/database.module.ts';
import { SETTINGS } from './env.ts';
import type { Settings } from './env.ts';
import { IdempotencyPruner } from './idempotency/idempotency-pruner.ts';
import { IdempotencyRecordEntity } from './idempotency/idempotency-record.entity.ts';
import { IdempotencyRepository } from './idempotency/idempotency.repository.ts';
import { Logger } from './logger.ts';
import { ControlPlaneMetrics } from './metrics/control-plane-metrics.ts';
import { SecretVault } from './secrets/secret-vault.ts';

/** The parts that every feature uses: settings, log, database and the operator's tokens. */
@Global()
@Module({})
export class PlatformModule {
  static with(
    settings: Settings,
    logger: Logger,
    metrics: ControlPlaneMetrics,
    tokens: OperatorTokens,
  ): DynamicModule {
    return {
      module: PlatformModule,
      imports: [DatabaseModule, TypeOrmModule.forFeature([IdempotencyRecordEntity])],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: Logger, useValue: logger },
        { provide: ControlPlaneMetrics, useValue: metrics },
        { provide: FailedLogins, useFactory: () => new FailedLogins() },
        { provide: BootstrapToken, useFactory: () => new BootstrapToken(tokens.admin) },
        { provide: NodeToken, useFactory: () => new NodeToken(tokens.node) },
        IdempotencyRepository,
        IdempotencyPruner,
        SecretVault,
      ],
      exports: [
        SETTINGS,
        Logger,
        ControlPlaneMetrics,
        FailedLogins,
        BootstrapToken,
        NodeToken,
        IdempotencyRepository,
        SecretVault,
      ],
    };
  }
}
