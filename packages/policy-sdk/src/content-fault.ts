import { GatewayError } from '@sluice/errors';

/**
 * Content that a policy reads cannot be read for a reason that is not the policy's: the client sent
 * too much, stalled or disconnected, the upstream broke off, or the memory for buffered content is
 * exhausted. The exchange ends with the code of the fault, also with `onError: open`.
 */
export class ContentFault extends GatewayError {
  /** Wraps the fault that ended the content. */
  static of(fault: GatewayError): ContentFault {
    return fault instanceof ContentFault
      ? fault
      : new ContentFault(fault.code, { detail: fault.detail, cause: fault.cause ?? fault });
  }
}
