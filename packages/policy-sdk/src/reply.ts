import type { ErrorCode } from '@sluice/errors';
import { errorEntry } from '@sluice/errors';

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
  readonly code: ErrorCode | undefined;
  /** For the client: what to do next. */
  readonly detail: string | undefined;
}

const noHeaders: readonly HeaderPair[] = Object.freeze([]);

/** Creates a plain response. */
export function reply(
  status: number,
  headers: readonly HeaderPair[] = noHeaders,
  content?: string | Uint8Array,
): Reply {
  return { status, headers, content, code: undefined, detail: undefined };
}

/** Creates a refusal with a code of the error catalogue. */
export function deny(
  code: ErrorCode,
  detail?: string,
  headers: readonly HeaderPair[] = noHeaders,
): Reply {
  return { status: errorEntry(code).status, headers, content: undefined, code, detail };
}
