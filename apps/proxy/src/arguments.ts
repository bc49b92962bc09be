import { parseArgs } from 'node:util';

/** What the command line says. */
export interface Arguments {
  readonly help: boolean;
  readonly version: boolean;
  /** Processes that take traffic. */
  readonly workers: number;
  /** Set in a worker: which one it is. Not for people. */
  readonly worker: number | undefined;
}

const maxWorkers = 256;

/** Reads the command line. Throws an Error that says what is wrong. */
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
  return { help: values.help, version: values.version, workers, worker: values.worker === undefined ? undefined : Number(values.worker) };
}
