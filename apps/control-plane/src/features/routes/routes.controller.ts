import { Controller, Get, Param } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { EffectiveQuery } from './effective-query.ts';
import { EffectiveService } from './effective.service.ts';

/** What routes have besides the operations of every kind. */
@Controller('v1/routes')
export class RoutesController {
  constructor(private readonly effectivePolicies: EffectiveService) {}

  @Get(':route/effective')
  effective(
    @Param('route') route: string,
    @QueryParameters(EffectiveQuery) query: EffectiveQuery,
  ): Promise<Answer> {
    return this.effectivePolicies.explain(route, query);
  }
}
