import { Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { CredentialListQuery } from './credential-list-query.ts';
import { CredentialsService } from './credentials.service.ts';

@Controller('v1/consumers/:consumer/credentials')
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Post()
  create(
    @Param('consumer') consumer: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.create(consumer, content, write);
  }

  @Get()
  list(
    @Param('consumer') consumer: string,
    @QueryParameters(CredentialListQuery) query: CredentialListQuery,
  ): Promise<Answer> {
    return this.credentials.list(consumer, query);
  }

  @Get(':credential')
  get(
    @Param('consumer') consumer: string,
    @Param('credential') credential: string,
    @IfNoneMatch() ifNoneMatch: EntityTags,
  ): Promise<Answer> {
    return this.credentials.get(consumer, credential, ifNoneMatch);
  }

  @Patch(':credential')
  patch(
    @Param('consumer') consumer: string,
    @Param('credential') credential: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.patch(consumer, credential, patch, write);
  }

  @Delete(':credential')
  revoke(
    @Param('consumer') consumer: string,
    @Param('credential') credential: string,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.revoke(consumer, credential, write);
  }
}
