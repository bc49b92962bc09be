import { catalogue, type ErrorCode } from './catalogue.ts';

/** One fault inside a request's content, named by an RFC 6901 JSON Pointer. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An RFC 9457 problem document, with our `code`, `requestId` and, for content errors, all faults at once. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ErrorCode;
  readonly requestId?: string;
  readonly errors?: readonly FieldError[];
}

/** Media type of a {@link Problem}, RFC 9457 section 6.1. */
export const problemMediaType = 'application/problem+json';

export interface ProblemFacts {
  readonly detail?: string | undefined;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
}

/**
 * Builds the problem document of a code. `detail` is meant for the caller: say what to do next, never what an upstream
 * said.
 */
export function problem(code: ErrorCode, facts: ProblemFacts = {}): Problem {
  const { status, title } = catalogue[code];
  return {
    type: `urn:sluice:error:${code}`,
    title,
    status,
    code,
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
    ...(facts.errors === undefined || facts.errors.length === 0 ? {} : { errors: facts.errors }),
  };
}
