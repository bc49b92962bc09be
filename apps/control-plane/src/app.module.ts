import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { PolicySchema } from '@sluice/policies/schemas';
import { CertificatesModule } from './features/certificates/certificates.module.ts';
import { ControlPlanesModule } from './features/control-planes/control-planes.module.ts';
import { GatewaysModule } from './features/gateways/gateways.module.ts';
import { HealthController } from './features/health/health.controller.ts';
import { CredentialsModule } from './features/credentials/credentials.module.ts';
import { MetricsController } from './features/metrics/metrics.controller.ts';
import { NodesModule } from './features/nodes/nodes.module.ts';
import { PoliciesModule } from './features/policies/policies.module.ts';
import { ResourcesModule } from './features/resources/resources.module.ts';
import { RevisionsModule } from './features/revisions/revisions.module.ts';
import { RoutesModule } from './features/routes/routes.module.ts';
import { SigningKeysModule } from './features/signing-keys/signing-keys.module.ts';
import { TokensModule } from './features/tokens/tokens.module.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { AuthGuard } from './platform/auth/auth.guard.ts';
import type { OperatorTokens } from './platform/auth/operator-tokens.ts';
import type { Settings } from './platform/env.ts';
import { ProblemFilter } from './platform/http/problem.filter.ts';
import { QueryInterceptor } from './platform/http/query.interceptor.ts';
import type { Logger } from './platform/logger.ts';
import type { ControlPlaneMetrics } from './platform/metrics/control-plane-metrics.ts';
import { PlatformModule } from './platform/platform.module.ts';
import { StreamModule } from './stream/stream.module.ts';

/**
 * The inputs that are read before the application is created, so that their faults are reported
 * first.
 */
export interface Startup {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly tokens: OperatorTokens;
  readonly metrics: ControlPlaneMetrics;
  readonly ownPolicies: readonly PolicySchema[];
}

/** The root module of the control plane. */
@Module({})
export class AppModule {
  static with({ settings, logger, metrics, tokens, ownPolicies }: Startup): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(settings, logger, metrics, tokens),
        GatewaysModule,
        RoutesModule,
        CredentialsModule,
        PoliciesModule.with(ownPolicies),
        ResourcesModule,
        CertificatesModule,
        SigningKeysModule,
        ControlPlanesModule,
        RevisionsModule,
        NodesModule,
        TokensModule,
        StreamModule,
      ],
      controllers: [HealthController, MetricsController, OpenApiController],
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_INTERCEPTOR, useClass: QueryInterceptor },
      ],
    };
  }
}
