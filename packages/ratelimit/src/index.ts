export { Breaker } from './breaker.ts';
export type { BreakerOptions } from './breaker.ts';
export type { FullTable } from './counter-table.ts';
export { createLimitStore } from './create-limit-store.ts';
export type { LimitStoreOptions } from './create-limit-store.ts';
export type { LeaseGrant, LeaseReport } from './lease/lease.ts';
export { Leases } from './lease/leases.ts';
export { LeaseGrantor } from './lease/lease-grantor.ts';
export type { LimitClock } from './limit-clock.ts';
export { windowSecondsOf } from './limit-rule.ts';
export type {
  CalendarWindow,
  LimitDecision,
  LimitRequest,
  LimitRule,
  LimitStore,
  TokenBucket,
} from './limit-store.ts';
export { MemoryStore } from './memory-store.ts';
export type { MemoryStoreOptions } from './memory-store.ts';
export {
  bindingLimit,
  bindsMore,
  limitFieldValues,
  limitLabel,
  retryAfterSeconds,
} from './rate-limit-headers.ts';
export type { LabelledLimit, LimitFieldValues, LimitLabel } from './rate-limit-headers.ts';
export type { RedisDurability } from './redis-durability.ts';
export { RedisConnection } from './redis-connection.ts';
export type { RedisConnectionOptions } from './redis-connection.ts';
export { RedisStore } from './redis-store.ts';
export type { RedisStoreOptions } from './redis-store.ts';
