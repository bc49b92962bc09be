export { FieldName, isNormalPath, listItems } from '@sluice/http1';
export { authReasons } from './auth-reason.ts';
export type { AuthReason } from './auth-reason.ts';
export { dataSlot, ExchangeData } from './data.ts';
export type { DataSlot } from './data.ts';
export type {
  ContentObserver,
  ContentTransform,
  ReadContent,
  ReadOptions,
  RequestBody,
  ResponseBody,
  UpstreamResponse,
} from './body.ts';
export { ContentFault } from './content-fault.ts';
export type {
  AttachedQuota,
  Consumer,
  Credential,
  Exchange,
  PeerCertificate,
  QuotaLimit,
  QuotaPeriod,
  ResourceRef,
  ResponseHead,
  RouteView,
} from './exchange.ts';
export type { Clock, CredentialStore, KeyOwner, PolicyHost, PolicyLogger } from './host.ts';
export type { CachedValue, CacheOptions, LoadedValue, PolicyCache } from './host/cache.ts';
export type {
  ClientCertificates,
  PeerFault,
  PeerVerification,
} from './host/client-certificates.ts';
export type {
  ConsumerDirectory,
  ConsumerName,
  CredentialDirectory,
  FoundCredential,
} from './host/directories.ts';
export type { FailureLimits } from './host/failure-limits.ts';
export { HttpFault } from './host/http.ts';
export type {
  ClientCertificate,
  HttpClient,
  HttpClientOptions,
  HttpFaultReason,
  HttpRequest,
  HttpResponse,
} from './host/http.ts';
export type { HostKey, HostKeys, KeyUse } from './host/keys.ts';
export type { PolicyCounter, PolicyGauge, PolicyHistogram, PolicyMetrics } from './host/metrics.ts';
export type { SharedSetOptions, SharedStore, SharedSubscription } from './host/shared-store.ts';
export type { PolicyTimer, PolicyTimers } from './host/timers.ts';
export { hooksFault } from './hooks.ts';
export type { Outcome } from './outcome.ts';
export type { OwnError, OwnErrorInput, OwnErrors } from './own-errors.ts';
export { mergePolicies } from './merge-policies.ts';
export { OwnedFields, ownedFields } from './owned-fields.ts';
export { phases } from './phases.ts';
export type { Phase, RequestPhase } from './phases.ts';
export { definePolicy, definePolicySchema } from './policy.ts';
export type { AttachPoint, OnError, Policy, PolicyHooks, PolicySchema } from './policy.ts';
export { principal } from './principal.ts';
export type { Principal, PrincipalFacts } from './principal.ts';
export { Cookies, QueryParameters, WebSocketProtocols } from './request-parts.ts';
export type { RequestPart } from './request-parts.ts';
export { isPreflight, preflightMethod } from './preflight.ts';
export { deny, reply, unrecognised } from './reply.ts';
export type { HeaderPair, Reply, Unrecognised } from './reply.ts';
