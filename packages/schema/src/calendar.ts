/** Calendar periods, the shortest first. Days, months and years begin at midnight UTC. */
export const periods = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type Period = (typeof periods)[number];

/** A calendar window: milliseconds since the epoch, end exclusive. */
export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** Periods of constant length: POSIX time has no leap seconds. */
const fixedLengthMs: Readonly<Partial<Record<Period, number>>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Returns the window of the UTC calendar that contains `nowMs`, milliseconds since the epoch. */
export function windowBounds(period: Period, nowMs: number): WindowBounds {
  const lengthMs = fixedLengthMs[period];
  if (lengthMs !== undefined) {
    const startMs = Math.floor(nowMs / lengthMs) * lengthMs;
    return { startMs, endMs: startMs + lengthMs };
  }
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  if (period === 'year') return { startMs: Date.UTC(year), endMs: Date.UTC(year + 1) };
  const month = now.getUTCMonth();
  return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
}
