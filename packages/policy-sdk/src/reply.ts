import { catalogue, type ErrorCode, type ErrorEntry } from '@sluice/errors';
import type { AuthReason } from './auth-reason.ts';
import type { OwnError } from './own-errors.ts';

/** Field name and value. */
export type HeaderPair = readonly [name: string, value: string];

/**
 * A response of the gateway. A hook returns one to stop the exchange. With a `code` the content is
 * the problem document of that code, which is built when the response is sent.
 */
export interface Reply {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  /** Content as given; undefined for none, or for the problem document when `code` is set. */
  readonly content: string | Uint8Array | undefined;
  /** A code of the catalogue, or one that the schema of the policy declares. */
  readonly code: string | undefined;
  /** The properties of the code. */
  readonly error: ErrorEntry | undefined;
  /** For the client: what to do next. */
  readonly detail: string | undefined;
  /** Why the caller was refused, for metrics and log; clients never see it. */
  readonly reason: AuthReason | undefined;
}

/**
 * A refusal that stands only when no other alternative recognises the caller. Create it with
 * {@link unrecognised}.
 */
export class Unrecognised {
  readonly reply: Reply;

  constructor(reply: Reply) {
    this.reply = reply;
  }
}

/**
 * Creates the result of an `authenticate` hook that found a credential of its form which may belong
 * to another alternative: an opaque bearer token, or one of an issuer that it does not know. The
 * refusal is sent when no alternative recognises the caller; such a request never counts as one
 * without a credential. Create it in `compile`.
 */
export function unrecognised(refusal: Reply): Unrecognised {
  return new Unrecognised(refusal);
}

const noHeaders: readonly HeaderPair[] = Object.freeze([]);

/** Creates a plain response. */
export function reply(
  status: number,
  headers: readonly HeaderPair[] = noHeaders,
  content?: string | Uint8Array,
): Reply {
  return {
    status,
    headers,
    content,
    code: undefined,
    error: undefined,
    detail: undefined,
    reason: undefined,
  };
}

/**
 * Creates a refusal.
 * @param error a code of the error catalogue, or an error of the policy's schema, such as
 *   `schema.errors.tenant_unknown`
 * @param detail for the client: what to do next
 * @param reason why the caller was refused, for metrics and log
 * @throws TypeError when the code is not in the catalogue
 */
export function deny(
  error: ErrorCode | OwnError,
  detail?: string,
  headers: readonly HeaderPair[] = noHeaders,
  reason?: AuthReason,
): Reply {
  const code = typeof error === 'string' ? error : error.code;
  const entry: ErrorEntry | undefined = typeof error === 'string' ? catalogue[error] : error;
  if (entry === undefined) {
    throw new TypeError(
      `"${code}" is no code of the error catalogue: declare it in the errors of the policy's schema, and pass schema.errors.${code}`,
    );
  }
  const { status } = entry;
  return { status, headers, content: undefined, code, error: entry, detail, reason };
}
