export { createTestAuthority } from './certificates.ts';
export type { TestAuthority, TestCertificate, TestCertificateOptions } from './certificates.ts';
export { createTestDatabase, testKeyPrefix, testRedisUrl } from './database.ts';
export type { TestDatabase } from './database.ts';
export { startOpenIdProvider } from './openid-provider.ts';
export type { OpenIdProvider, OpenIdProviderOptions } from './openid-provider.ts';
export { startOtlpReceiver } from './otlp-receiver.ts';
export type { OtlpReceiver, OtlpReceiverMode } from './otlp-receiver.ts';
export type { OtlpAttributes, OtlpSpan, OtlpValue } from './otlp-span.ts';
