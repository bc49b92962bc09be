import { Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { ListQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { KeysService } from './keys.service.ts';

@Controller('v1/consumers/:consumer/keys')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Post()
  create(
    @Param('consumer') consumer: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.create(consumer, content, write);
  }

  @Get()
  list(
    @Param('consumer') consumer: string,
    @QueryParameters(ListQuery) query: ListQuery,
  ): Promise<Answer> {
    return this.keys.list(consumer, query);
  }

  @Get(':key')
  get(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @IfNoneMatch() ifNoneMatch: EntityTags,
  ): Promise<Answer> {
    return this.keys.get(consumer, key, ifNoneMatch);
  }

  @Patch(':key')
  patch(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.patch(consumer, key, patch, write);
  }

  @Delete(':key')
  revoke(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.revoke(consumer, key, write);
  }
}
