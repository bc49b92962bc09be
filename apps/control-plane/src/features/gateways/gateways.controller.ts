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

@Controller('v1/gateways')
export class GatewaysController {
  constructor(private readonly resources: ResourceService) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.create('gateway', content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('gateway', query);
  }

  @Get(':gateway')
  get(@Param('gateway') gateway: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
    return this.resources.get('gateway', gateway, ifNoneMatch);
  }

  @Put(':gateway')
  replace(
    @Param('gateway') gateway: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.replace('gateway', gateway, content, write);
  }

  @Patch(':gateway')
  patch(
    @Param('gateway') gateway: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.resources.patch('gateway', gateway, patch, write);
  }

  @Delete(':gateway')
  remove(@Param('gateway') gateway: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('gateway', gateway, write);
  }
}
