import { Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { AdminOnly } from '../../platform/auth/auth.guard.ts';
import type { Answer } from '../../platform/http/answer.ts';
import { Content } from '../../platform/http/content.ts';
import { PageQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { UnstreamedWrite } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { TokensService } from './tokens.service.ts';

@AdminOnly()
@Controller('v1/tokens')
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Post()
  create(@Content() content: unknown, @UnstreamedWrite() write: WriteRequest): Promise<Answer> {
    return this.tokens.create(content, write);
  }

  @Get()
  list(@QueryParameters(PageQuery) query: PageQuery): Promise<Answer> {
    return this.tokens.list(query);
  }

  @Get(':token')
  get(@Param('token') token: string): Promise<Answer> {
    return this.tokens.get(token);
  }

  @Delete(':token')
  remove(@Param('token') token: string): Promise<Answer> {
    return this.tokens.remove(token);
  }
}
