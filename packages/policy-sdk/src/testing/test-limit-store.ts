import type {
  CalendarWindow,
  LimitDecision,
  LimitRequest,
  LimitRule,
  LimitStore,
  TokenBucket,
} from '@sluice/ratelimit';
import { windowBounds } from '@sluice/schema';
import type { Clock } from '../host.ts';

interface Count {
  readonly limit: number;
  left: number;
  /** Returns the milliseconds until this many requests are left. */
  readonly untilMs: (wanted: number) => number;
  readonly keep: (left: number) => void;
}

/**
 * Counts in memory on the tester's clock. A tester uses it when the test passes no store: exact,
 * unbounded, for tests only. The gateway counts with the stores of packages/ratelimit, which make
 * the same promises.
 */
export class TestLimitStore implements LimitStore {
  private readonly clock: Clock;
  private readonly buckets = new Map<string, { level: number; atMs: number }>();
  private readonly windows = new Map<string, { spent: number; endMs: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  take(requests: readonly LimitRequest[], cost = 1): readonly LimitDecision[] {
    const byState = new Map<string, Count>();
    const counts = requests.map(({ key, rule }) => {
      const name = `${rule.algorithm} ${key}`;
      const count = byState.get(name) ?? this.count(key, rule);
      byState.set(name, count);
      const admits = count.left >= cost;
      if (admits) count.left -= cost;
      return { count, admits };
    });
    const admitted = counts.every(({ admits }) => admits);
    if (admitted) for (const count of byState.values()) count.keep(count.left);
    else for (const { count, admits } of counts) if (admits) count.left += cost;
    return counts.map(({ count: { limit, left, untilMs }, admits }) => ({
      allowed: admits,
      limit,
      remaining: Math.max(0, Math.floor(left)),
      resetMs: left >= limit ? 0 : untilMs(limit),
      retryAfterMs: admits ? 0 : cost > limit ? Number.POSITIVE_INFINITY : untilMs(cost),
    }));
  }

  async close(): Promise<void> {
    // There are no timers or connections to close.
  }

  private count(key: string, rule: LimitRule): Count {
    return rule.algorithm === 'token-bucket' ? this.bucket(key, rule) : this.window(key, rule);
  }

  private bucket(key: string, { burst, ratePerSecond }: TokenBucket): Count {
    const nowMs = this.clock.now();
    const { level, atMs } = this.buckets.get(key) ?? { level: burst, atMs: nowMs };
    const count: Count = {
      limit: burst,
      left: Math.min(burst, level + ((nowMs - atMs) * ratePerSecond) / 1000),
      untilMs: (wanted) => Math.ceil(((wanted - count.left) / ratePerSecond) * 1000),
      keep: (left) => this.buckets.set(key, { level: left, atMs: nowMs }),
    };
    return count;
  }

  private window(key: string, { limit, period }: CalendarWindow): Count {
    const nowMs = this.clock.now();
    const last = this.windows.get(key);
    const { spent, endMs } =
      last !== undefined && nowMs < last.endMs
        ? last
        : { spent: 0, endMs: windowBounds(period, nowMs).endMs };
    return {
      limit,
      left: limit - spent,
      untilMs: () => endMs - nowMs,
      keep: (left) => this.windows.set(key, { spent: limit - left, endMs }),
    };
  }
}
