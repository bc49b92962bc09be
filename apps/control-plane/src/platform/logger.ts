import type { LoggerService } from '@nestjs/common';

type Facts = Readonly<Record<string, unknown>>;

/** The log of the process, one JSON line per event. Facts never hold request content, tokens or keys. */
export abstract class Logger {
  abstract info(message: string, facts?: Facts): void;
  abstract warn(message: string, facts?: Facts): void;
  abstract error(message: string, facts?: Facts): void;
}

const severities = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** Writes to a stream, standard output by default, everything from `level` on. */
export class JsonLogger extends Logger {
  private readonly least: number;

  constructor(
    level: string,
    private readonly destination: { write(line: string): unknown } = process.stdout,
  ) {
    super();
    this.least = severities.indexOf(level);
  }

  override info(message: string, facts?: Facts): void {
    this.write('info', message, facts);
  }

  override warn(message: string, facts?: Facts): void {
    this.write('warn', message, facts);
  }

  override error(message: string, facts?: Facts): void {
    this.write('error', message, facts);
  }

  private write(level: string, message: string, facts: Facts = {}): void {
    if (severities.indexOf(level) < this.least) return;
    this.destination.write(`${JSON.stringify({ time: new Date().toISOString(), level, name: 'control-plane', message, ...facts })}\n`);
  }
}

/** Lets Nest speak through our log. Its start-up chatter is left out: it says nothing an operator needs. */
export function nestLogger(logger: Logger): LoggerService {
  return {
    log: () => undefined,
    warn: (message: unknown) => logger.warn(String(message)),
    error: (message: unknown) => logger.error(String(message)),
  };
}
