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
import { EffectiveQuery } from './effective-query.ts';
import { EffectiveService } from './effective.service.ts';
import { RoutesService } from './routes.service.ts';

@Controller('v1/routes')
export class RoutesController {
  constructor(
    private readonly resources: ResourceService,
    private readonly routes: RoutesService,
    private readonly effectivePolicies: EffectiveService,
  ) {}

  @Post()
  create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
    return this.routes.create(content, write);
  }

  @Get()
  list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
    return this.resources.list('route', query);
  }

  @Get(':route')
  get(@Param('route') route: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
    return this.resources.get('route', route, ifNoneMatch);
  }

  @Get(':route/effective')
  effective(
    @Param('route') route: string,
    @QueryParameters(EffectiveQuery) query: EffectiveQuery,
  ): Promise<Answer> {
    return this.effectivePolicies.explain(route, query);
  }

  @Put(':route')
  replace(
    @Param('route') route: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.routes.replace(route, content, write);
  }

  @Patch(':route')
  patch(
    @Param('route') route: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.routes.patch(route, patch, write);
  }

  @Delete(':route')
  remove(@Param('route') route: string, @Write() write: WriteRequest): Promise<Answer> {
    return this.resources.remove('route', route, write);
  }
}
