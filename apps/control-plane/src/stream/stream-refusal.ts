import { status } from '@grpc/grpc-js';

type Code = 'INVALID_ARGUMENT' | 'UNAUTHENTICATED' | 'NOT_FOUND' | 'ABORTED' | 'ALREADY_EXISTS' | 'DEADLINE_EXCEEDED' | 'RESOURCE_EXHAUSTED' | 'UNAVAILABLE' | 'INTERNAL';

/** Why a stream ends, as gRPC says it to the node: the message is for whoever operates the node. */
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
