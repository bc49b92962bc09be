import { openFileLimit, type Logger } from '@sluice/telemetry';
import type { Env } from '../env.ts';
import type { ConnectionLimitsLog } from '../listener/connection-limits.ts';
import { defaultListenerOptions } from '../listener/listener-options.ts';
import { Overload, type OverloadState } from '../overload/overload.ts';

/**
 * Logs the connection limits; they are below the configured ones when the process may open too few
 * files.
 */
export function noteConnectionLimits(
  logger: Logger,
  clients: number,
  upstream: number,
  { SLUICE_MAX_CONNECTIONS: configured }: Env,
): void {
  const facts = {
    maxConnections: clients,
    maxUpstreamConnections: upstream === Number.MAX_SAFE_INTEGER ? undefined : upstream,
    openFiles: openFileLimit(),
  };
  if (clients === configured) logger.info(facts, 'connection limits');
  else
    // With the default, the user has not asked for more connections than the system allows.
    logger[configured === defaultListenerOptions.maxConnections ? 'info' : 'warn'](
      { ...facts, configured },
      `the limit of client connections is below SLUICE_MAX_CONNECTIONS, because the open-file limit (${facts.openFiles}) is too low: raise "ulimit -n"`,
    );
}

/** Logs once when the limit is reached, and once when connections are accepted again. */
export function connectionLimitsLog(logger: Logger): ConnectionLimitsLog {
  return {
    limitReached: (isReached, max) => {
      if (isReached)
        logger.warn(
          { maxConnections: max },
          'the limit of client connections is reached: further connections are refused',
        );
      else logger.info({ maxConnections: max }, 'client connections are accepted again');
    },
    notAccepted: (code) =>
      logger.error(
        { code },
        'a client connection could not be accepted: the system has no resources left, such as file descriptors (ulimit -n)',
      ),
  };
}

/** Creates the detection of overload from the settings; it logs when shedding begins and ends. */
export function createOverload({
  env,
  logger,
  processes = 1,
}: {
  readonly env: Env;
  readonly logger: Logger;
  readonly processes?: number | undefined;
}): Overload {
  return new Overload({
    lagMs: env.SLUICE_OVERLOAD_LAG_MS,
    memoryShare: env.SLUICE_OVERLOAD_MEMORY_PERCENT / 100,
    processes,
    onChange: (state) => noteOverload(logger, state),
  });
}

function noteOverload(logger: Logger, { isShedding, lagMs, memory, refused }: OverloadState): void {
  const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);
  const facts = {
    lagMs: Math.round(lagMs),
    memoryMiB: megabytes(memory.usedBytes),
    memoryLimitMiB: megabytes(memory.limitBytes),
    memoryOf: memory.of,
  };
  if (isShedding)
    logger.warn(
      facts,
      'overloaded: a share of the requests is refused with 503; see SLUICE_OVERLOAD_LAG_MS and SLUICE_OVERLOAD_MEMORY_PERCENT',
    );
  else logger.info({ ...facts, refused }, 'no longer overloaded');
}
