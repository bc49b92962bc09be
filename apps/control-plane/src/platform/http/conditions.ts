import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { parseEntityTags } from './etag.ts';

/** Parameter decorator: the entity tags of If-None-Match, for a GET that need not repeat what the caller has. */
export const IfNoneMatch = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  parseEntityTags(context.switchToHttp().getRequest<Request>().headers['if-none-match']),
);
