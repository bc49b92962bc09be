import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Sets X-Request-Id on every response: the caller's id when it is acceptable, otherwise a new UUID.
 */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const sent = request.headers['x-request-id'];
  response.setHeader(
    'X-Request-Id',
    typeof sent === 'string' && acceptable.test(sent) ? sent : randomUUID(),
  );
  next();
}

/** The id that {@link assignRequestId} set. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '');
}
