import { Catch, HttpException, Injectable, NotFoundException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { errorStack, GatewayError } from '@sluice/errors';
import type { Request, Response } from 'express';
import { databaseFault, isDataException } from '../database/database-errors.ts';
import { Logger } from '../logger.ts';
import { allowedMethods } from './allowed-methods.ts';
import { Answer, sendAnswer } from './answer.ts';
import { requestIdOf } from './request-id.ts';

/**
 * Answers every error with a problem document. Unexpected errors are logged, and their problem
 * documents do not reveal the cause.
 */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const fault = this.faultOf(exception, request, response);
    // A value that the schema accepts and the database refuses is a fault of the schema, so it is
    // logged.
    if (fault.status >= 500 || isDataException(exception)) this.log(fault, request, response);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (fault.code === 'database_unavailable') response.setHeader('Retry-After', 1);
    const { code, errors } = fault;
    const detail = detailFor(fault, request);
    sendAnswer(
      response,
      Answer.problem(code, { detail, errors, requestId: requestIdOf(response) }),
    );
  }

  private faultOf(exception: unknown, request: Request, response: Response): GatewayError {
    const known = databaseFault(exception);
    if (known instanceof GatewayError) return known;
    if (isDataException(exception))
      return new GatewayError('validation_failed', {
        detail: 'a value is outside the range that can be stored',
        cause: exception,
      });
    if (exception instanceof NotFoundException) return unknownPath(request, response);
    if (exception instanceof HttpException && exception.getStatus() === 400) {
      return new GatewayError('invalid_target', {
        detail: 'the path is not percent-encoded correctly',
        cause: exception,
      });
    }
    return new GatewayError('internal_error', { cause: exception });
  }

  private log(fault: GatewayError, request: Request, response: Response): void {
    this.logger.error(fault.code, {
      requestId: requestIdOf(response),
      method: request.method,
      path: request.path,
      reason: errorStack(fault.cause ?? fault.message),
    });
  }
}

/**
 * Nest found no handler: the path is unknown, or does not have this method (405, RFC 9110 section
 * 15.5.6).
 */
function unknownPath(request: Request, response: Response): GatewayError {
  const allowed = allowedMethods(request);
  if (allowed.length === 0)
    return new GatewayError('resource_not_found', {
      detail: 'this path does not exist; GET /openapi.json lists all paths',
    });
  response.setHeader('Allow', allowed.join(', '));
  return new GatewayError('admin_method_not_allowed', {
    detail: `allowed methods: ${allowed.join(', ')}`,
  });
}

/** A failure of the database leaves open whether a write was committed; a read can be repeated. */
function detailFor({ code, detail, cause }: GatewayError, { method }: Request): string | undefined {
  if (code !== 'database_unavailable' || cause === undefined || detail === undefined) return detail;
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
    ? `${detail} Repeat the request.`
    : `${detail} Before you repeat this write, read the resource, or repeat it with the same Idempotency-Key.`;
}
