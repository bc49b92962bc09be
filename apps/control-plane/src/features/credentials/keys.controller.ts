import { Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { IfNoneMatch } from '../../platform/http/conditions.ts';
import { Content } from '../../platform/http/content.ts';
import type { EntityTags } from '../../platform/http/etag.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { Write } from '../../platform/http/write-request.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import type { CollectionAlias } from '../resources/collection-alias.ts';
import { KeyListQuery } from './credential-list-query.ts';
import { CredentialsService } from './credentials.service.ts';

/** The short way to credentials of type `key`. */
const keys: CollectionAlias = { type: 'key', noun: 'key', collection: 'keys' };

@Controller('v1/consumers/:consumer/keys')
export class KeysController {
  constructor(private readonly credentials: CredentialsService) {}

  @Post()
  create(
    @Param('consumer') consumer: string,
    @Content() content: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.create(consumer, content, write, keys);
  }

  @Get()
  list(
    @Param('consumer') consumer: string,
    @QueryParameters(KeyListQuery) query: KeyListQuery,
  ): Promise<Answer> {
    return this.credentials.list(consumer, query, keys);
  }

  @Get(':key')
  get(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @IfNoneMatch() ifNoneMatch: EntityTags,
  ): Promise<Answer> {
    return this.credentials.get(consumer, key, ifNoneMatch, keys);
  }

  @Patch(':key')
  patch(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @Content() patch: unknown,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.patch(consumer, key, patch, write, keys);
  }

  @Delete(':key')
  revoke(
    @Param('consumer') consumer: string,
    @Param('key') key: string,
    @Write() write: WriteRequest,
  ): Promise<Answer> {
    return this.credentials.revoke(consumer, key, write, keys);
  }
}
