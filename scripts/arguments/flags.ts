/**
 * Reads the flags of a small script. `--help` prints the usage and ends this process; so does an
 * unknown argument, with exit code 2, because a mistyped `--check` must not write files.
 * @param usage how the script is called, one line
 * @param known such as `--check`
 */
export function readFlags(usage: string, known: readonly string[] = []): ReadonlySet<string> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`Usage: ${usage}`);
    process.exit(0);
  }
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown !== undefined) {
    console.error(`"${unknown}" is not known. Usage: ${usage}`);
    process.exit(2);
  }
  return new Set(args);
}
