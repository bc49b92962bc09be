import type { Consumer, Credential, Principal } from '@sluice/policy-sdk';

/** Why a stream is ended before both sides have ended it. */
export interface StreamEnd {
  /** `error.type` of the spans. */
  readonly errorType: 'credential_expired' | 'credential_revoked';
  /** For the log. */
  readonly reason: string;
}

/** The caller of a stream. */
export interface StreamCaller {
  readonly principal: Principal | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
}

/** A response or a tunnel that is still open. */
export interface LongStream {
  readonly caller: StreamCaller;
  /** Ends both sides; does nothing when the stream has ended. It must not throw. */
  endStream(end: StreamEnd): void;
}

/** Watches streams until they are deleted, and ends them when the caller's credential ends. */
export interface StreamWatch {
  add(stream: LongStream): void;
  delete(stream: LongStream): void;
}
