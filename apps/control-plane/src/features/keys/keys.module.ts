import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { KeysController } from './keys.controller.ts';
import { KeysService } from './keys.service.ts';

@Module({ imports: [ResourcesModule], controllers: [KeysController], providers: [KeysService] })
export class KeysModule {}
