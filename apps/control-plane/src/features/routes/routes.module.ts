import { Module } from '@nestjs/common';
import { PoliciesModule } from '../policies/policies.module.ts';
import { ResourcesModule } from '../resources/resources.module.ts';
import { EffectiveService } from './effective.service.ts';
import { RouteTableRepository } from './route-table.repository.ts';
import { RouteTable } from './route-table.ts';
import { RoutesController } from './routes.controller.ts';
import { RoutesService } from './routes.service.ts';
import { ServiceRoutesController } from './service-routes.controller.ts';

@Module({
  imports: [ResourcesModule, PoliciesModule],
  controllers: [RoutesController, ServiceRoutesController],
  providers: [RoutesService, EffectiveService, RouteTable, RouteTableRepository],
})
export class RoutesModule {}
