import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { GroupsController } from './groups.controller.ts';

@Module({ imports: [ResourcesModule], controllers: [GroupsController] })
export class GroupsModule {}
