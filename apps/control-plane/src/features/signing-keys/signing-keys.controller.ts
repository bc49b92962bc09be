import { Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { ListQuery } from '../../platform/http/list-query.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { SigningKeysService } from './signing-keys.service.ts';

@Controller('v1/gateways/:gateway/signingKeys')
export class SigningKeysController {
  constructor(private readonly keys: SigningKeysService) {}

  @Post()
  create(
    @Param('gateway') gateway: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.create(gateway, content, write);
  }

  @Get()
  list(
    @Param('gateway') gateway: string,
    @QueryParameters(ListQuery) query: ListQuery,
  ): Promise<Answer> {
    return this.keys.list(gateway, query);
  }

  @Get(':signingKey')
  get(
    @Param('gateway') gateway: string,
    @Param('signingKey') key: string,
    @IfNoneMatch() ifNoneMatch: EntityTags,
  ): Promise<Answer> {
    return this.keys.get(gateway, key, ifNoneMatch);
  }

  @Patch(':signingKey')
  patch(
    @Param('gateway') gateway: string,
    @Param('signingKey') key: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.patch(gateway, key, patch, write);
  }

  @Delete(':signingKey')
  remove(
    @Param('gateway') gateway: string,
    @Param('signingKey') key: string,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.keys.remove(gateway, key, write);
  }
}
