import {
  deny,
  principal,
  type Consumer,
  type ConsumerDirectory,
  type Exchange,
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

  constructor(rules: IdentityRules, consumers: ConsumerDirectory) {
    this.#rules = rules;
    this.#consumers = consumers;
    this.#headers = new ClaimHeaders(rules.upstreamHeaders);
    this.fields = this.#headers.names;
    const detail = 'The token names no consumer of this API.';
    this.#unknown = deny('forbidden', detail, undefined, 'unknown');
  }

  /**
   * Returns the caller, and adds the fields for the upstream to the request. Returns a refusal with
   * 403 when the token names no consumer that is known although one is required, and when a claim
   * is too long for a field.
   * @param facts what else is known about the caller
   */
  of(exchange: Exchange, claims: JsonObject, facts: PrincipalFacts): Principal | Reply {
    const { consumer: rule, groupsClaim } = this.#rules;
    const consumer = rule && this.#consumerOf(claims, rule);
    if (rule?.required === true && consumer === undefined) return this.#unknown;
    const groups = groupsClaim && groupsAt(claims, groupsClaim);
    const refusal = this.#headers.addTo(exchange, claims);
    if (refusal !== undefined) return refusal;
    return principal({
      ...facts,
      claims,
      consumer,
      ...groups,
      subject: subjectOf(claims),
    });
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
function groupsAt(
  claims: JsonObject,
  path: readonly string[],
): Pick<PrincipalFacts, 'groups' | 'groupsOverage'> {
  const value = claimAt(claims, path);
  if (value === undefined) {
    const has = claimAt(claims, ['hasgroups']);
    const isElsewhere =
      claimAt(claims, ['_claim_names', path.at(-1) as string]) !== undefined ||
      has === true ||
      has === 'true';
    return { groups: [], groupsOverage: isElsewhere };
  }
  const groups = textsOf(value);
  return { groups: groups.slice(0, maxGroups), groupsOverage: groups.length > maxGroups };
}

function subjectOf(claims: JsonObject): string | undefined {
  const subject = claimAt(claims, ['sub']);
  return typeof subject === 'string' && subject !== '' ? subject : undefined;
}

function textsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each): each is string => typeof each === 'string' && each !== '');
}
