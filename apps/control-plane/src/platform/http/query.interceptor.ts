import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import type { Request } from 'express';
import { acceptedQuery, queryOf } from './query.ts';

/** Refuses unknown query parameters, so that a mistyped filter does not list all resources. */
export class QueryInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    const accepted = acceptedQuery(
      context.getClass().prototype as object,
      context.getHandler().name,
    );
    const unknown = [
      ...new Set(queryOf(context.switchToHttp().getRequest<Request>()).keys()),
    ].filter((name) => !accepted.includes(name));
    if (unknown.length === 0) return next.handle();
    const known =
      accepted.length === 0
        ? 'this operation accepts none'
        : `this operation accepts ${accepted.join(', ')}`;
    throw new GatewayError('unknown_parameter', {
      detail: `unknown: ${unknown.map((name) => JSON.stringify(name.slice(0, 64))).join(', ')}; ${known}`,
    });
  }
}
