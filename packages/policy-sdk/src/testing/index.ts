export { ManualClock } from './manual-clock.ts';
export { TestKeys } from './test-keys.ts';
export { PolicyTester } from './policy-tester.ts';
export type { LoggedLine, PolicyTesterOptions, TestAnswer } from './policy-tester.ts';
export type { TestHeaders, TestRequest } from './test-exchange.ts';
export type { TestConsumer, TestCredential, TestKey, TestQuota } from './test-facts.ts';
