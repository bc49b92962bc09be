import { catalogue, type ErrorCode, type ErrorSource } from './catalogue.ts';
import { errorMessage } from './error-message.ts';
import type { FieldError } from './problem.ts';

export interface GatewayErrorOptions {
  /** For the caller. Never contains text of an upstream or a database. */
  readonly detail?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  /** For the log only. */
  readonly cause?: unknown;
}

/**
 * A fault with an entry in the catalogue. Thrown where a fault ends the current work; denials of
 * policies are values (a `Reply`), not errors.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly source: ErrorSource;
  readonly retry: boolean;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    const row = catalogue[code];
    super(
      options.detail ?? row.title,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'GatewayError';
    this.code = code;
    this.status = row.status;
    this.source = row.source;
    this.retry = row.retry;
    this.detail = options.detail;
    this.errors = options.errors ?? [];
  }
}

/**
 * The reason of a fault for the log: the cause of a `GatewayError`, whose own message is for the
 * caller, and the message of any other error.
 */
export function faultReason(fault: unknown): string {
  return errorMessage(fault instanceof GatewayError ? (fault.cause ?? fault) : fault);
}
