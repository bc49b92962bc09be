import { errorCode, errorMessage, GatewayError } from '@sluice/errors';

/**
 * The error of Postgres or of the socket:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
interface DatabaseError {
  readonly code: string | undefined;
  readonly constraint: string | undefined;
}

/** Unwraps the driver's error, which TypeORM wraps, and {@link databaseFault} after it. */
function inspect(error: unknown): DatabaseError {
  const thrown = thrownByTypeOrm(error);
  const inner: unknown =
    typeof thrown === 'object' && thrown !== null && 'driverError' in thrown
      ? thrown.driverError
      : thrown;
  const constraint =
    typeof inner === 'object' && inner !== null && 'constraint' in inner
      ? String(inner.constraint)
      : undefined;
  return { code: errorCode(inner), constraint };
}

function thrownByTypeOrm(error: unknown): unknown {
  return error instanceof GatewayError && error.code === 'database_unavailable'
    ? error.cause
    : error;
}

/**
 * True when a retry of the whole transaction may succeed: after a serialization failure or a
 * deadlock.
 */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(inspect(error).code ?? '');
}

/** True when the constraint of this name was violated. */
export function violates(error: unknown, constraint: string): boolean {
  const { code = '', constraint: violated } = inspect(error);
  return code.startsWith('23') && violated === constraint;
}

// SQLSTATE classes of connection exceptions and operator intervention, then error codes of sockets.
const lostCode =
  /^(?:08...|57P0.|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
// Errors to which pg and TypeORM give no code.
const lostMessage =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|not queryable|already released|Driver not Connected|Cannot use a pool after|was destroyed/i;
// Insufficient resources, query canceled, lock timeout, idle transaction timeout, failed login,
// unknown database, and conflicts between transactions that retries did not resolve.
const busyCode = /^(?:53...|57014|55P03|25P03|28...|3D000|40...)$/;

/** True when the connection is closed or in an unknown state. */
export function isConnectionLost(error: unknown): boolean {
  return (
    lostCode.test(inspect(error).code ?? '') ||
    lostMessage.test(errorMessage(thrownByTypeOrm(error)))
  );
}

/**
 * True when the database was unreachable, overloaded or too slow; the request itself is not at
 * fault.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || busyCode.test(inspect(error).code ?? '');
}

/** True when the database refuses the login, so that waiting does not help. */
export function isLoginRefused(error: unknown): boolean {
  return /^28...$/.test(inspect(error).code ?? '');
}

/**
 * True when the database cannot store a value, such as an instant out of its range (SQLSTATE class
 * 22).
 */
export function isDataException(error: unknown): boolean {
  return /^22...$/.test(inspect(error).code ?? '');
}

/** True for errors of an unavailable database, wrapped by {@link databaseFault} or not. */
export function isDatabaseFault(error: unknown): boolean {
  return error instanceof GatewayError
    ? error.code === 'database_unavailable'
    : isDatabaseUnavailable(error);
}

/**
 * Turns an error of an unavailable database into `database_unavailable`; returns other errors
 * unchanged.
 */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError || !isDatabaseUnavailable(error)) return error;
  return new GatewayError('database_unavailable', {
    detail: 'The database did not answer.',
    cause: error,
  });
}
