import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request an id, the caller's own when it sent a plain one, and says it in every answer. */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const sent = request.headers['x-request-id'];
  response.setHeader('X-Request-Id', typeof sent === 'string' && acceptable.test(sent) ? sent : randomUUID());
  next();
}

/** The id given to the request. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '');
}
