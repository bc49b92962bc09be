import {
  deny,
  principal,
  type Consumer,
  type ConsumerDirectory,
  type Exchange,
  type OwnError,
  type Principal,
  type PrincipalFacts,
  type Reply,
} from '@sluice/policy-sdk';
import { claimAt, type JsonObject } from '@sluice/tokens';
import { ClaimHeaders } from './claim-headers.ts';

/** What the claims of a token mean here; see `tokenIdentityFields`. */
export interface IdentityRules {
  readonly consumer?: ConsumerRule | undefined;
  readonly groupsClaim?: readonly string[] | undefined;
  /** The path of the claim of each field for the upstream, by name. */
  readonly upstreamHeaders: Readonly<Record<string, readonly string[]>>;
}

/** Which consumer a token names. */
export interface ConsumerRule {
  readonly claim: readonly string[];
  readonly by: 'username' | 'customId' | 'id' | 'issuerAndSubject';
  readonly required: boolean;
}

/** More groups than a token has room for would only cost time. */
const maxGroups = 1_000;

/** Finds out who the caller is from the claims of a token that has been verified. */
export class TokenIdentity {
  /** The fields that the upstream may receive: `upstreamFields` of the policy. */
  readonly fields: readonly string[];
  readonly #rules: IdentityRules;
  readonly #consumers: ConsumerDirectory;
  readonly #headers: ClaimHeaders;
  readonly #unknown: Reply;
  readonly #overage: Reply;

  constructor(
    rules: IdentityRules,
    consumers: ConsumerDirectory,
    errors: { readonly groups_overage: OwnError },
  ) {
    this.#rules = rules;
    this.#consumers = consumers;
    this.#headers = new ClaimHeaders(rules.upstreamHeaders);
    this.fields = this.#headers.names;
    const detail = 'The token names no consumer of this API.';
    this.#unknown = deny('forbidden', detail, undefined, 'unknown');
    this.#overage = deny(
      errors.groups_overage,
      'Ask the issuer to put fewer groups into tokens, such as those of the application only.',
      undefined,
      'not_in_group',
    );
  }

  /**
   * Returns the caller, and adds the fields for the upstream to the request. Returns a refusal with
   * 403 when the token names no consumer that is known although one is required, and when it leaves
   * out the groups because they are too many.
   * @param facts what else is known about the caller
   */
  of(exchange: Exchange, claims: JsonObject, facts: PrincipalFacts): Principal | Reply {
    const { consumer: rule, groupsClaim } = this.#rules;
    const consumer = rule && this.#consumerOf(claims, rule);
    if (rule?.required === true && consumer === undefined) return this.#unknown;
    const groups = groupsClaim && groupsAt(claims, groupsClaim);
    if (groups === 'overage') return this.#overage;
    const refusal = this.#headers.addTo(exchange, claims);
    if (refusal !== undefined) return refusal;
    return principal({ ...facts, claims, consumer, groups, subject: subjectOf(claims) });
  }

  #consumerOf(claims: JsonObject, { claim, by }: ConsumerRule): Consumer | undefined {
    const claimed = claimAt(claims, claim);
    const value = Number.isSafeInteger(claimed) ? String(claimed) : claimed;
    if (typeof value !== 'string' || value === '') return undefined;
    switch (by) {
      case 'id':
        return this.#consumers.find({ id: value });
      case 'username':
        return this.#consumers.find({ username: value });
      case 'customId':
        return this.#consumers.find({ customId: value });
      case 'issuerAndSubject': {
        const issuer = claimAt(claims, ['iss']);
        return typeof issuer === 'string'
          ? this.#consumers.find({ customId: `${issuer} ${value}` })
          : undefined;
      }
    }
  }
}

/**
 * The groups that a token states: a text or a list of texts. Entra ID leaves them out when there
 * are too many, and says where they are instead (`_claim_names`, or `hasgroups`).
 */
function groupsAt(claims: JsonObject, path: readonly string[]): readonly string[] | 'overage' {
  const value = claimAt(claims, path);
  if (value === undefined) {
    const isElsewhere =
      path.length === 1 &&
      (claimAt(claims, ['_claim_names', path[0] as string]) !== undefined ||
        (path[0] === 'groups' && claimAt(claims, ['hasgroups']) === true));
    return isElsewhere ? 'overage' : [];
  }
  const groups = textsOf(value);
  return groups.length > maxGroups ? 'overage' : groups;
}

function subjectOf(claims: JsonObject): string | undefined {
  const subject = claimAt(claims, ['sub']);
  return typeof subject === 'string' && subject !== '' ? subject : undefined;
}

function textsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each): each is string => typeof each === 'string' && each !== '');
}
