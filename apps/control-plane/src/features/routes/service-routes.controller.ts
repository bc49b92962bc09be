import { Controller, Get, Param, Post } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { Content } from '../../platform/http/content.ts';
import { ListQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { RoutesService } from './routes.service.ts';

/** The routes of a service. */
@Controller('v1/services/:service/routes')
export class ServiceRoutesController {
  constructor(private readonly routes: RoutesService) {}

  @Post()
  create(
    @Param('service') service: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.routes.createForService(service, content, write);
  }

  @Get()
  list(
    @Param('service') service: string,
    @QueryParameters(ListQuery) query: ListQuery,
  ): Promise<Answer> {
    return this.routes.listOfService(service, query);
  }
}
