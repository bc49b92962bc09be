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

/** The refusal of a node that would need a further view of its gateway, which are limited. */
export function tooManyViews(): StreamRefusal {
  return new StreamRefusal(
    'RESOURCE_EXHAUSTED',
    'the nodes of this gateway are of too many different releases; update the older ones (GET /v1/nodes lists them)',
  );
}
