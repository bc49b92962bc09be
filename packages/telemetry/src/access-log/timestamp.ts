const milliseconds = Array.from({ length: 1_000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`);

let second = Number.NaN;
let prefix = '';

/**
 * A moment as RFC 3339 with milliseconds, in UTC. Takes milliseconds since the epoch; fractions are
 * cut off. The text of the second is kept, because the next moment asked for most often lies in the
 * same one. Throws a RangeError for what is not a moment.
 */
export function timestamp(timeMs: number): string {
  const wanted = Math.floor(timeMs / 1_000);
  if (wanted !== second) {
    prefix = new Date(wanted * 1_000).toISOString().slice(0, -4);
    second = wanted;
  }
  return prefix + milliseconds[Math.floor(timeMs - wanted * 1_000)]!;
}
