import type { Consumer, Credential } from './exchange.ts';

/** The properties of a {@link Principal}; each may be missing. */
export interface PrincipalFacts {
  /** The caller among the gateway's consumers, as the host's stores return it. */
  readonly consumer?: Consumer | undefined;
  /** The consumer's credential that was presented. */
  readonly credential?: Credential | undefined;
  /** What a token or another service states about the caller. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Identifies the caller where it was authenticated, such as `sub` of a token. */
  readonly subject?: string | undefined;
}

/**
 * The caller as an alternative recognised it: the result of the `authenticate` hook of a policy
 * whose schema says `authenticates`. Create it with {@link principal}.
 */
export class Principal {
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly subject: string | undefined;

  constructor({ consumer, credential, claims, subject }: PrincipalFacts) {
    this.consumer = consumer;
    this.credential = credential;
    this.claims = claims;
    this.subject = subject;
  }

  /** Whether both name the same caller: the same consumer, and no two different subjects. */
  agreesWith(other: Principal): boolean {
    if (this.consumer?.id !== other.consumer?.id) return false;
    if (this.subject === other.subject) return true;
    const isOneMissing = this.subject === undefined || other.subject === undefined;
    return isOneMissing && this.consumer !== undefined;
  }
}

/** Creates the result of an `authenticate` hook that has recognised the caller. */
export function principal(facts: PrincipalFacts): Principal {
  return new Principal(facts);
}
