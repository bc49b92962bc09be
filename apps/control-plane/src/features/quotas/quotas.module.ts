import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { QuotasController } from './quotas.controller.ts';

@Module({ imports: [ResourcesModule], controllers: [QuotasController] })
export class QuotasModule {}
