import { Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { ListQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { ResourceService } from '../resources/resource.service.ts';

@Controller('v1/groups')
export class GroupsController {
  constructor(private readonly resources: ResourceService) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.create('group', content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('group', query);
  }

  @Get(':group')
  get(@Param('group') group: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
    return this.resources.get('group', group, ifNoneMatch);
  }

  @Put(':group')
  replace(
    @Param('group') group: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.replace('group', group, content, write);
  }

  @Patch(':group')
  patch(
    @Param('group') group: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.patch('group', group, patch, write);
  }

  @Delete(':group')
  remove(@Param('group') group: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('group', group, write);
  }
}
