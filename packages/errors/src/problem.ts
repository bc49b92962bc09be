import { catalogue, type ErrorCode, type ErrorEntry } from './catalogue.ts';

/** One fault inside a request's content, named by an RFC 6901 JSON Pointer. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The largest number of faults in one response. */
const maxFieldErrors = 100;
/** The largest length of a pointer, which may contain a name that the caller chose. */
const maxPointerChars = 512;

/**
 * Returns the first 100 faults and, when there are more, an entry with their number. Cuts long
 * pointers.
 */
export function boundedErrors(errors: readonly FieldError[]): FieldError[] {
  const kept = errors
    .slice(0, maxFieldErrors)
    .map(({ pointer, detail }) => ({ pointer: pointer.slice(0, maxPointerChars), detail }));
  const more = errors.length - kept.length;
  // An earlier entry of this kind is added to the number, not repeated.
  const before = more > 0 ? countOfMore(errors.at(-1)) : 0;
  return more > 0
    ? [...kept, { pointer: '', detail: `${before > 0 ? more - 1 + before : more} more faults` }]
    : kept;
}

function countOfMore(last: FieldError | undefined): number {
  return last?.pointer === '' ? Number(/^(\d+) more faults$/.exec(last.detail)?.[1] ?? 0) : 0;
}

/**
 * An RFC 9457 problem document, with our `code`, `requestId` and, for content errors, all faults at
 * once.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** A code of the catalogue, or one that a policy declares. */
  readonly code: string;
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
 * Builds the problem document of a code. `detail` is for the caller: say what to do next, and never
 * repeat text of an upstream.
 * @param entry the properties of a code that is not in the catalogue
 */
export function problem(code: ErrorCode, facts?: ProblemFacts): Problem;
export function problem(code: string, facts: ProblemFacts, entry: ErrorEntry): Problem;
export function problem(
  code: string,
  facts: ProblemFacts = {},
  entry: ErrorEntry = catalogue[code as ErrorCode],
): Problem {
  const { status, title } = entry;
  return {
    type: `urn:sluice:error:${code}`,
    title,
    status,
    code,
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
    ...(facts.errors === undefined || facts.errors.length === 0
      ? {}
      : { errors: boundedErrors(facts.errors) }),
  };
}
