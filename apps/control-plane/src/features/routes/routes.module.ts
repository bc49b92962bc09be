import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { RoutesController } from './routes.controller.ts';

@Module({ imports: [ResourcesModule], controllers: [RoutesController] })
export class RoutesModule {}
