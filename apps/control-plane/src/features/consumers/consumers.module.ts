import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { ConsumersController } from './consumers.controller.ts';

@Module({ imports: [ResourcesModule], controllers: [ConsumersController] })
export class ConsumersModule {}
