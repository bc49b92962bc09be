export { authCountsOf } from './auth-counts.ts';
export type { AuthCounts, EventCount } from './auth-counts.ts';
export { compilePolicy, InvalidPolicyConfig, InvalidPolicyHooks } from './compile-policy.ts';
export type { CompiledPolicy, PolicyChain, PolicyUse } from './compile-policy.ts';
export { FinalHead } from './final-head.ts';
export { guardHooks } from './guard.ts';
export type { GuardedHooks } from './guard.ts';
export { hideParts } from './hide-parts.ts';
export { OutgoingRequest } from './outgoing-request.ts';
export type { ReceivedRequest } from './outgoing-request.ts';
export { emptyPipeline, Pipeline } from './pipeline.ts';
export { runPolicies, runSettle } from './run-phase.ts';
export type {
  PolicySteps,
  RequestStep,
  ResponseStep,
  SettleStep,
  ShadowRequestBody,
  StepExchange,
  StepOf,
  StepResponse,
  StepUpstreamResponse,
  Verdict,
} from './steps.ts';
export { gatewayFields, ProtectedFields } from './protected-fields.ts';
