/**
 * Runs one step and prints a line for it: its name at once, its time when it is done.
 * @param perform gives a remark to print behind the time, or nothing
 */
export async function step<T>(
  name: string,
  perform: () => Promise<T>,
  remark: (result: T) => string = () => '',
): Promise<T> {
  const startedAtMs = performance.now();
  process.stdout.write(`  ${name.padEnd(22)}`);
  try {
    const result = await perform();
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${remark(result)}`.trimEnd());
    return result;
  } catch (error) {
    console.log(' failed');
    throw error;
  }
}
