export type { CalendarWindow, LimitDecision, LimitRequest, LimitRule, LimitStore, TokenBucket } from './limit-store.ts';
