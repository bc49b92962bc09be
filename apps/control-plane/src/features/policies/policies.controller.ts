import { Controller, Get, Param } from '@nestjs/common';
import { Answer } from '../../platform/http/answer.ts';
import { PageQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { PoliciesService } from './policies.service.ts';

@Controller('v1/policies')
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  @Get()
  list(@QueryParameters(PageQuery) query: PageQuery): Answer {
    return this.policies.list(query);
  }

  @Get(':policy')
  get(@Param('policy') policy: string): Answer {
    return this.policies.get(policy);
  }
}
