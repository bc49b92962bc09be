import { GatewayError } from '@sluice/errors';

/** What Postgres reports, https://www.postgresql.org/docs/current/errcodes-appendix.html */
interface PostgresError {
  readonly code: string;
  readonly constraint?: string;
}

/** The Postgres error inside whatever TypeORM threw; undefined when it is none. */
export function postgresError(error: unknown): PostgresError | undefined {
  const inner = error instanceof Error && 'driverError' in error ? error.driverError : error;
  if (!(inner instanceof Error) || !('code' in inner) || typeof inner.code !== 'string') return undefined;
  return inner as Error & PostgresError;
}

/** True for failures that a repetition of the whole transaction may cure: serialization failure, deadlock. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(postgresError(error)?.code ?? '');
}

/** True when a constraint of that name was violated. */
export function violates(error: unknown, constraint: string): boolean {
  const found = postgresError(error);
  return found !== undefined && found.code.startsWith('23') && found.constraint === constraint;
}

// Connection exceptions, insufficient resources, operator intervention, timeouts; then the codes of sockets.
const unavailable = /^(?:08...|53...|57...|55P03|25P03|28...|3D000|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)$/;
// pg and TypeORM give these no code.
const lost = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|not queryable|already released|Driver not Connected|Cannot use a pool after|was destroyed/i;

/** True when the database could not be asked, or did not answer in time: nothing is wrong with the request itself. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = postgresError(error)?.code;
  if (code !== undefined && unavailable.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return error instanceof Error && lost.test(error.message);
}

/** Turns a failure to reach the database into its catalogue entry; everything else stays as it is. */
export function databaseFault(error: unknown): unknown {
  if (!isDatabaseUnavailable(error)) return error;
  return new GatewayError('database_unavailable', {
    detail: 'The database could not be asked. If this was a write, read the resource before repeating it, or repeat it with the same Idempotency-Key.',
    cause: error,
  });
}
