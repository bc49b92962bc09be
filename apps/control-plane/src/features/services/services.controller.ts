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

@Controller('v1/services')
export class ServicesController {
  constructor(private readonly resources: ResourceService) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.create('service', content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('service', query);
  }

  @Get(':service')
  get(@Param('service') service: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
    return this.resources.get('service', service, ifNoneMatch);
  }

  @Put(':service')
  replace(
    @Param('service') service: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.replace('service', service, content, write);
  }

  @Patch(':service')
  patch(
    @Param('service') service: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.patch('service', service, patch, write);
  }

  @Delete(':service')
  remove(@Param('service') service: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('service', service, write);
  }
}
