import type { LoggerService } from '@nestjs/common';
import { createLogger } from '@sluice/telemetry';

type Facts = Readonly<Record<string, unknown>>;
type Level = Parameters<typeof createLogger>[0]['level'];

/**
 * The log of the process, one JSON line per event. Facts never hold request content, tokens or
 * keys.
 */
export abstract class Logger {
  abstract info(message: string, facts?: Facts): void;
  abstract warn(message: string, facts?: Facts): void;
  abstract error(message: string, facts?: Facts): void;
}

/**
 * Logs events of `level` and above to standard error or to `destination`. Redacts values that look
 * like secrets.
 */
export class JsonLogger extends Logger {
  private readonly pino: ReturnType<typeof createLogger>;

  constructor(level: Level, destination?: { write(line: string): void }) {
    super();
    this.pino = createLogger({ name: 'sluice-control-plane', level, destination });
  }

  override info(message: string, facts: Facts = {}): void {
    this.pino.info(facts, message);
  }

  override warn(message: string, facts: Facts = {}): void {
    this.pino.warn(facts, message);
  }

  override error(message: string, facts: Facts = {}): void {
    this.pino.error(facts, message);
  }
}

/**
 * Writes Nest's warnings and errors to our log. Its informational messages are of no use to
 * operators.
 */
export function nestLogger(logger: Logger): LoggerService {
  return {
    log: () => undefined,
    warn: (message: unknown) => logger.warn(String(message)),
    error: (message: unknown) => logger.error(String(message)),
  };
}
