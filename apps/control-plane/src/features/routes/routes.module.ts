import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { EffectiveService } from './effective.service.ts';
import { RouteTableRepository } from './route-table.repository.ts';
import { RouteTable } from './route-table.ts';
import { RoutesController } from './routes.controller.ts';
import { RoutesService } from './routes.service.ts';
import { ServiceRoutesController } from './service-routes.controller.ts';

@Module({
  imports: [ResourcesModule],
  controllers: [RoutesController, ServiceRoutesController],
  providers: [RoutesService, EffectiveService, RouteTable, RouteTableRepository],
})
export class RoutesModule {}
