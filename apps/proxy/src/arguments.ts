import { parseArgs } from 'node:util';

/** The parsed command line. */
export interface Arguments {
  readonly help: boolean;
  readonly version: boolean;
  /** Number of processes that serve traffic. */
  readonly workers: number;
  /** The index of a worker process; internal. */
  readonly worker: number | undefined;
}

const maxWorkers = 256;

/** Parses the command line. Throws an Error that describes the mistake. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
      workers: { type: 'string', default: '1' },
      worker: { type: 'string' },
    },
  });
  const workers = Number(values.workers);
  if (!/^\d+$/.test(values.workers) || workers < 1 || workers > maxWorkers) {
    throw new Error(`--workers is a number from 1 to ${maxWorkers}, not "${values.workers}"`);
  }
  return {
    help: values.help,
    version: values.version,
    workers,
    worker: values.worker === undefined ? undefined : Number(values.worker),
  };
}
