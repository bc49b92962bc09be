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

@Controller('v1/quotas')
export class QuotasController {
  constructor(private readonly resources: ResourceService) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.create('quota', content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('quota', query);
  }

  @Get(':quota')
  get(@Param('quota') quota: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
    return this.resources.get('quota', quota, ifNoneMatch);
  }

  @Put(':quota')
  replace(
    @Param('quota') quota: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.replace('quota', quota, content, write);
  }

  @Patch(':quota')
  patch(
    @Param('quota') quota: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.patch('quota', quota, patch, write);
  }

  @Delete(':quota')
  remove(@Param('quota') quota: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('quota', quota, write);
  }
}
