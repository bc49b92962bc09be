import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { issueDetail } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import type { Request } from 'express';
import type { z } from 'zod';

const metadataKey = Symbol('accepted query parameters');

/**
 * Declares the query parameters that a handler accepts; {@link QueryInterceptor} refuses all
 * others.
 */
export function acceptsQuery(
  names: readonly string[],
): (target: object, property: string | symbol | undefined) => void {
  return (target, property) => {
    if (property === undefined)
      throw new TypeError('query parameters can only be declared on methods');
    Reflect.defineMetadata(
      metadataKey,
      [...acceptedQuery(target, property), ...names],
      target,
      property,
    );
  };
}

/** The names that {@link acceptsQuery} declared. */
export function acceptedQuery(target: object, property: string | symbol): readonly string[] {
  return (
    (Reflect.getMetadata(metadataKey, target, property) as readonly string[] | undefined) ?? []
  );
}

/** The parsed query of a request. */
export function queryOf(request: Request): URLSearchParams {
  const mark = request.originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : request.originalUrl.slice(mark + 1));
}

/**
 * Parameter decorator: the query, validated by a zod object whose properties are the accepted
 * parameters. An array property accepts a repeated parameter; any other may occur at most once.
 */
export function QueryParameters(schema: z.ZodObject): ParameterDecorator {
  const names = Object.keys(schema.shape);
  const read = (_data: unknown, context: ExecutionContext) =>
    parseQuery(queryOf(context.switchToHttp().getRequest<Request>()), schema);
  return createParamDecorator(read, [acceptsQuery(names)])();
}

/**
 * Validates the parameters of the schema.
 * @throws GatewayError validation_failed that names every invalid parameter.
 */
export function parseQuery<Schema extends z.ZodObject>(
  query: URLSearchParams,
  schema: Schema,
): z.output<Schema> {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(schema.shape)) {
    const values = query.getAll(name);
    if (values.length > 0) given[name] = values;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `query parameter ${String(issue.path[0])}: ${issueDetail(issue)}`,
  );
  throw new GatewayError('validation_failed', { detail: faults.join('; ') });
}
