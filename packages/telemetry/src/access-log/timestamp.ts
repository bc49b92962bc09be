const milliseconds = Array.from({ length: 1_000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`);

// One cache per process: the text depends on nothing but the second, whatever log asks for it.
let second = Number.NaN;
let prefix = '';

/**
 * Formats a time as RFC 3339 with milliseconds, in UTC. Takes milliseconds since the epoch and
 * truncates fractions. The text of the second is cached, because the next time is usually in the
 * same second. Throws a RangeError for a number that is not a time.
 */
export function timestamp(timeMs: number): string {
  const wanted = Math.floor(timeMs / 1_000);
  if (wanted !== second) {
    prefix = new Date(wanted * 1_000).toISOString().slice(0, -4);
    second = wanted;
  }
  return prefix + milliseconds[Math.floor(timeMs - wanted * 1_000)]!;
}
