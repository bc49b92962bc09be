import { Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { kindOf, kinds } from '@sluice/config';
import type { Kind } from '@sluice/config';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { ListQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { ResourceService } from './resource.service.ts';

/** Creates the controllers of all kinds without an owner; features add further paths. */
export function resourceControllers(): Type<unknown>[] {
  return kinds.filter((kind) => kindOf(kind).owner === undefined).map(controllerOf);
}

function controllerOf(kind: Kind): Type<unknown> {
  // The names of paths appear in traces, as `http.route`.
  const path = `:${kind}`;

  @Controller(`v1/${kindOf(kind).collection}`)
  class ResourceController {
    constructor(private readonly resources: ResourceService) {}

    @Post()
    create(@Content() content: unknown, @Write() write: WriteRequest): Promise<Answer> {
      return this.resources.create(kind, content, write);
    }

    @Get()
    list(@QueryParameters(ListQuery) query: ListQuery): Promise<Answer> {
      return this.resources.list(kind, query);
    }

    @Get(path)
    get(@Param(kind) resource: string, @IfNoneMatch() ifNoneMatch: EntityTags): Promise<Answer> {
      return this.resources.get(kind, resource, ifNoneMatch);
    }

    @Put(path)
    replace(
      @Param(kind) resource: string,
      @Content() content: unknown,
      @Write() write: WriteRequest,
    ): Promise<Answer> {
      return this.resources.replace(kind, resource, content, write);
    }

    @Patch(path)
    patch(
      @Param(kind) resource: string,
      @Content() patch: unknown,
      @Write() write: WriteRequest,
    ): Promise<Answer> {
      return this.resources.patch(kind, resource, patch, write);
    }

    @Delete(path)
    remove(@Param(kind) resource: string, @Write() write: WriteRequest): Promise<Answer> {
      return this.resources.remove(kind, resource, write);
    }
  }
  return ResourceController;
}
