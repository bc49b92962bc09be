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

@Controller('v1/consumers')
export class ConsumersController {
  constructor(private readonly resources: ResourceService) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.create('consumer', content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('consumer', query);
  }

  @Get(':consumer')
  get(
    @Param('consumer') consumer: string,
    @IfNoneMatch() ifNoneMatch: EntityTags,
  ): Promise<Answer> {
    return this.resources.get('consumer', consumer, ifNoneMatch);
  }

  @Put(':consumer')
  replace(
    @Param('consumer') consumer: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.replace('consumer', consumer, content, write);
  }

  @Patch(':consumer')
  patch(
    @Param('consumer') consumer: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.patch('consumer', consumer, patch, write);
  }

  @Delete(':consumer')
  remove(@Param('consumer') consumer: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('consumer', consumer, write);
  }
}
