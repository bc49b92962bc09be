import { GatewayError } from '@sluice/errors';
import { errorCode, reasonOf } from '../error-code.ts';

/** What Postgres or the socket to it reports: https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface DatabaseError {
  readonly code: string | undefined;
  readonly constraint: string | undefined;
}

/** TypeORM wraps what the driver threw, and {@link databaseFault} wraps that. */
function inspect(error: unknown): DatabaseError {
  const thrown = thrownByTypeOrm(error);
  const inner: unknown = typeof thrown === 'object' && thrown !== null && 'driverError' in thrown ? thrown.driverError : thrown;
  const constraint = typeof inner === 'object' && inner !== null && 'constraint' in inner ? String(inner.constraint) : undefined;
  return { code: errorCode(inner), constraint };
}

function thrownByTypeOrm(error: unknown): unknown {
  return error instanceof GatewayError && error.code === 'database_unavailable' ? error.cause : error;
}

/** True for failures that a repetition of the whole transaction may cure: serialization failure, deadlock. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(inspect(error).code ?? '');
}

/** True when a constraint of that name was violated. */
export function violates(error: unknown, constraint: string): boolean {
  const { code = '', constraint: violated } = inspect(error);
  return code.startsWith('23') && violated === constraint;
}

// Connection exceptions and operator intervention; then the codes of sockets.
const lostCode = /^(?:08...|57P0.|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
// pg and TypeORM give these no code.
const lostMessage = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|not queryable|already released|Driver not Connected|Cannot use a pool after|was destroyed/i;
// Insufficient resources, cancelled by a timeout, waited too long for a lock, authentication, no such database, and
// conflicts between transactions that repetitions did not cure.
const busyCode = /^(?:53...|57014|55P03|25P03|28...|3D000|40...)$/;

/** True when the connection is gone or cannot be trusted any more. */
export function isConnectionLost(error: unknown): boolean {
  return lostCode.test(inspect(error).code ?? '') || lostMessage.test(reasonOf(thrownByTypeOrm(error)));
}

/** True when the database could not be asked, or did not answer in time: nothing is wrong with the request itself. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return isConnectionLost(error) || busyCode.test(inspect(error).code ?? '');
}

/** True when the database is there and does not let us in: waiting would not help. */
export function isLoginRefused(error: unknown): boolean {
  return /^28...$/.test(inspect(error).code ?? '');
}

/** True when the database cannot hold a value that it was given, such as an instant that is out of its range. */
export function isDataException(error: unknown): boolean {
  return /^22...$/.test(inspect(error).code ?? '');
}

/** True for an error that is not about what was asked, but about the database that could not be asked. */
export function isDatabaseFault(error: unknown): boolean {
  return error instanceof GatewayError ? error.code === 'database_unavailable' : isDatabaseUnavailable(error);
}

/** Turns a failure to reach the database into its catalogue entry; everything else stays as it is. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError || !isDatabaseUnavailable(error)) return error;
  return new GatewayError('database_unavailable', {
    detail: 'The database could not be asked. If this was a write, read the resource before repeating it, or repeat it with the same Idempotency-Key.',
    cause: error,
  });
}
