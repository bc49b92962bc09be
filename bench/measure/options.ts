import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/**
 * Reads the command line of a benchmark, as `parseArgs` of node:util does. An unknown option, or
 * one without its value, ends this process with a one-line message; `--help` prints the options and
 * ends it.
 */
export function readOptions<Options extends ParseArgsOptionsConfig>(
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options }>>['values'] {
  const known = Object.entries(options).map(([name, { type, default: initial }]) =>
    type === 'string' ? `[--${name} ${String(initial ?? '…')}]` : `[--${name}]`,
  );
  const usage = `Options: ${known.join(' ')}`;
  if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (fault) {
    return refuse(`${fault instanceof Error ? fault.message : String(fault)}\n${usage}`);
  }
}

/** Reads a whole number, or ends this process with one line that says what it must be. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,12}$/.test(text) && value >= min && value <= max) return value;
  return refuse(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
