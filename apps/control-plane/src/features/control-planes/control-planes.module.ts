import { Global, Inject, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describeSchemas } from '@sluice/config';
import { Logger } from '../../platform/logger.ts';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { ControlPlaneEntity } from './control-plane.entity.ts';
import { ControlPlaneRepository } from './control-plane.repository.ts';
import { ControlPlanesService } from './control-planes.service.ts';

/** The control planes that use the database. Global, because every write may depend on them. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ControlPlaneEntity])],
  providers: [
    ControlPlaneRepository,
    {
      provide: ControlPlanesService,
      inject: [ControlPlaneRepository, PoliciesService, ControlPlaneMetrics, Logger],
      useFactory: (
        repository: ControlPlaneRepository,
        { catalogue }: PoliciesService,
        { version }: ControlPlaneMetrics,
        logger: Logger,
      ) => new ControlPlanesService(repository, describeSchemas(catalogue), version, logger),
    },
  ],
  exports: [ControlPlanesService],
})
export class ControlPlanesModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(@Inject(ControlPlanesService) private readonly controlPlanes: ControlPlanesService) {}

  /** Registers before any module starts to serve or to write. */
  async onModuleInit(): Promise<void> {
    await this.controlPlanes.start();
  }

  /** Signs off before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.controlPlanes.stop();
  }
}
