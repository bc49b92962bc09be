import { createHmac } from 'node:crypto';
import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { canonicalJson } from '@sluice/config';
import type { Request, Response } from 'express';
import { callerOf, tokenOf } from '../auth/auth.guard.ts';
import type { Caller } from '../auth/role.ts';
import { readIdempotency } from '../idempotency/idempotency.ts';
import type { Idempotency } from '../idempotency/idempotency.ts';
import { parseEntityTags } from './etag.ts';
import type { EntityTags } from './etag.ts';
import { acceptsQuery, queryOf } from './query.ts';
import { requestIdOf } from './request-id.ts';
import { parseWait, waitParameters } from './wait.ts';
import type { Wait } from './wait.ts';

/**
 * A write without its content: the caller, the preconditions, and whether the response waits for
 * the nodes.
 */
export interface WriteRequest {
  readonly caller: Caller;
  readonly requestId: string;
  readonly method: string;
  /** The request target: path and query. */
  readonly target: string;
  readonly ifMatch: EntityTags;
  readonly ifNoneMatch: EntityTags;
  /** Only for POST, because the other methods are idempotent. */
  readonly idempotency: Idempotency | undefined;
  readonly wait: Wait | undefined;
}

/** Parameter decorator: the {@link WriteRequest}. Makes the handler accept `wait` and `timeout`. */
export const Write = createParamDecorator(fromContext, [acceptsQuery(waitParameters)]);

/** The same for writes that are not streamed to nodes and so have nothing to wait for. */
export const UnstreamedWrite = createParamDecorator(fromContext);

function fromContext(_data: unknown, context: ExecutionContext): WriteRequest {
  const http = context.switchToHttp();
  return readWriteRequest(http.getRequest<Request>(), http.getResponse<Response>());
}

function readWriteRequest(request: Request, response: Response): WriteRequest {
  const caller = callerOf(request);
  const { headers } = request;
  const idempotencyKey = request.method === 'POST' ? request.get('Idempotency-Key') : undefined;
  return {
    caller,
    requestId: requestIdOf(response),
    method: request.method,
    target: request.originalUrl,
    ifMatch: parseEntityTags(headers['if-match']),
    ifNoneMatch: parseEntityTags(headers['if-none-match']),
    idempotency: readIdempotency(idempotencyKey, caller.tokenId, tokenOf(request)),
    wait: parseWait(queryOf(request), request.get('Prefer')),
  };
}

/**
 * A hash that is equal for equal requests: method, target and canonical content. It is stored, and
 * the content may have secrets that could be guessed; so it is keyed with a key that is not stored.
 */
export function requestHash(write: WriteRequest, content: unknown): string {
  return createHmac('sha256', write.idempotency?.sealingKey ?? '')
    .update(`${write.method} ${write.target}\n${canonicalJson(content)}`)
    .digest('hex');
}
