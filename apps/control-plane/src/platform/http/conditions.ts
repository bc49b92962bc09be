import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { parseEntityTags } from './etag.ts';

/**
 * Parameter decorator: the entity tags of If-None-Match, for a GET that answers 304 when one
 * matches.
 */
export const IfNoneMatch = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  parseEntityTags(context.switchToHttp().getRequest<Request>().headers['if-none-match']),
);
