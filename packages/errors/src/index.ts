export { catalogue, errorCodes, errorEntry } from './catalogue.ts';
export type { ErrorCode, ErrorEntry, ErrorSource } from './catalogue.ts';
export { errorCode, errorMessage, errorStack } from './error-message.ts';
export { faultReason, GatewayError } from './gateway-error.ts';
export type { GatewayErrorOptions } from './gateway-error.ts';
export { grpcDenial, grpcStatusFields, grpcStatusOf } from './grpc.ts';
export { jsonPointer } from './json-pointer.ts';
export { describeFailure, SetupError } from './setup-error.ts';
export { boundedErrors, problem, problemMediaType } from './problem.ts';
export type { FieldError, Problem, ProblemFacts } from './problem.ts';
export {
  after,
  backgroundFaultCounts,
  backgroundPlaces,
  every,
  guarded,
  onBackgroundFault,
  reportBackgroundFault,
  soon,
} from './background-faults.ts';
export type { BackgroundFaultListener, BackgroundPlace } from './background-faults.ts';
