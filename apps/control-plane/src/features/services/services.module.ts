import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { ServicesController } from './services.controller.ts';

@Module({ imports: [ResourcesModule], controllers: [ServicesController] })
export class ServicesModule {}
