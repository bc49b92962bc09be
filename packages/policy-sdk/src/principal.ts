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
  /**
   * When the credential, token or session ends, leeway included: milliseconds since the epoch.
   * Default: the expiry of the credential.
   */
  readonly expiresAtMs?: number | undefined;
  /** Groups that the token states; those of the consumer stay in `consumer.groups`. */
  readonly groups?: readonly string[] | undefined;
  /**
   * Whether the token says that the caller is in groups which it does not list, because they are too
   * many. Policies must then not read `groups` as if they were all.
   */
  readonly groupsOverage?: boolean | undefined;
  /**
   * Asked again while a stream or tunnel of the caller is open: false when the token or session was
   * revoked. Must be cheap and must not throw. `isLive` of the credential is asked in addition.
   */
  readonly isLive?: (() => boolean) | undefined;
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
  readonly expiresAtMs: number | undefined;
  readonly groups: readonly string[] | undefined;
  readonly groupsOverage: boolean;
  readonly isLive: (() => boolean) | undefined;

  constructor(facts: PrincipalFacts) {
    this.consumer = facts.consumer;
    this.credential = facts.credential;
    this.claims = facts.claims;
    this.subject = facts.subject;
    this.expiresAtMs = facts.expiresAtMs ?? facts.credential?.expiresAtMs;
    this.groups = facts.groups;
    this.groupsOverage = facts.groupsOverage ?? false;
    this.isLive = both(facts.isLive, facts.credential?.isLive);
  }

  /** Whether both name the same caller: the same consumer, and no two different subjects. */
  agreesWith(other: Principal): boolean {
    if (this.consumer?.id !== other.consumer?.id) return false;
    if (this.subject === other.subject) return true;
    const isOneMissing = this.subject === undefined || other.subject === undefined;
    return isOneMissing && this.consumer !== undefined;
  }

  /**
   * Joins this principal with that of a further credential which the request needs as well, such as
   * a client certificate beside a token. Each property is that of the first that states it; the
   * caller is known as long as both credentials are valid. Returns undefined when they name two
   * consumers. Subjects are not compared, because each kind of credential has its own.
   */
  joinedWith(other: Principal): Principal | undefined {
    const isOther =
      this.consumer !== undefined &&
      other.consumer !== undefined &&
      this.consumer.id !== other.consumer.id;
    if (isOther) return undefined;
    const consumer = this.consumer ?? other.consumer;
    const isStated = this.groups !== undefined || this.groupsOverage;
    const { groups, groupsOverage } = isStated ? this : other;
    return new Principal({
      consumer,
      credential: (this.consumer === undefined ? other : this).credential ?? this.credential,
      claims: this.claims ?? other.claims,
      subject: this.subject ?? other.subject,
      expiresAtMs: earlier(this.expiresAtMs, other.expiresAtMs),
      groups,
      groupsOverage,
      isLive: both(this.isLive, other.isLive),
    });
  }
}

function earlier(one: number | undefined, two: number | undefined): number | undefined {
  return one === undefined || two === undefined ? (one ?? two) : Math.min(one, two);
}

type Condition = (() => boolean) | undefined;

function both(one: Condition, two: Condition): Condition {
  return one === undefined || two === undefined ? (one ?? two) : () => one() && two();
}

/** Creates the result of an `authenticate` hook that has recognised the caller. */
export function principal(facts: PrincipalFacts): Principal {
  return new Principal(facts);
}
