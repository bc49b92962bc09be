import { status } from '@grpc/grpc-js';

type Code =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'NOT_FOUND'
  | 'ABORTED'
  | 'ALREADY_EXISTS'
  | 'DEADLINE_EXCEEDED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/** Ends a stream with a gRPC status. The message tells the operator of the node what to do. */
export class StreamRefusal extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: Code, details: string) {
    super(details);
    this.name = 'StreamRefusal';
    this.code = status[code];
    this.details = details;
  }
}
