import { Controller, Get, Param } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { PageQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { HistoryService } from './history.service.ts';

@Controller('v1/revisions')
export class RevisionsController {
  constructor(private readonly history: HistoryService) {}

  @Get()
  list(@QueryParameters(PageQuery) query: PageQuery): Promise<Answer> {
    return this.history.list(query);
  }

  @Get(':revision')
  get(@Param('revision') revision: string): Promise<Answer> {
    return this.history.get(revision);
  }

  /** The outcome of the revision at each node. */
  @Get(':revision/status')
  status(@Param('revision') revision: string): Promise<Answer> {
    return this.history.status(revision);
  }
}
