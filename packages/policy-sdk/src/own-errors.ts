import { catalogue, type ErrorEntry, type ErrorSource } from '@sluice/errors';

/** An error code of a policy's own, as its schema declares it. */
export interface OwnErrorInput {
  /** HTTP status code, 400 to 599. */
  readonly status: number;
  /** RFC 9457 `title`: the same for every occurrence of the code. */
  readonly title: string;
  /** The party that caused the error: `client` below status 500 and `gateway` from there on. */
  readonly source?: ErrorSource | undefined;
  /** Whether the same, unchanged request may succeed later. Default: for 429 and from 500 on. */
  readonly retry?: boolean | undefined;
}

/** An error of a policy: pass it to `deny`. */
export interface OwnError extends ErrorEntry {
  readonly code: string;
}

/** The errors of a policy by code. */
export type OwnErrors = Readonly<Record<string, OwnError>>;

/** Completes the errors that a schema declares. */
export function ownErrors<Code extends string>(
  declared: Readonly<Record<Code, OwnErrorInput>>,
): Readonly<Record<Code, OwnError>> {
  const errors = Object.entries<OwnErrorInput>(declared).map(
    ([code, { status, title, source, retry }]): [string, OwnError] => [
      code,
      Object.freeze({
        code,
        status,
        source: source ?? (status < 500 ? 'client' : 'gateway'),
        retry: retry ?? (status === 429 || status >= 500),
        title,
      }),
    ],
  );
  return Object.freeze(Object.fromEntries(errors)) as Readonly<Record<Code, OwnError>>;
}

/** Says what is wrong with the errors of a schema; undefined when nothing is. */
export function ownErrorsFault(policy: string, errors: OwnErrors): string | undefined {
  for (const [code, { status, title, source }] of Object.entries(errors)) {
    const where = `the error "${code}" of policy "${policy}"`;
    if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(code) || code.length > 64)
      return `${where} is not named in snake_case, with at most 64 characters`;
    if (code in catalogue) return `${where} is one of the gateway's: choose another code`;
    if (!Number.isInteger(status) || status < 400 || status > 599)
      return `${where} has the status ${status}: use one from 400 to 599`;
    if (typeof title !== 'string' || title.trim() === '' || title.length > 200)
      return `${where} needs a title of at most 200 characters`;
    if (!['client', 'gateway', 'upstream'].includes(source))
      return `${where} has the source "${source}": use client, gateway or upstream`;
  }
  return undefined;
}
