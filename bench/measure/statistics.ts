/** The value in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which this share (0 to 1) of the values is; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median of one number of many samples. */
export function medianOf<Sample>(
  samples: readonly Sample[] | undefined,
  number: (sample: Sample) => number,
): number {
  return median((samples ?? []).map(number));
}
