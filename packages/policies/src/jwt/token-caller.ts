import {
  deny,
  principal,
  type ConsumerDirectory,
  type ConsumerName,
  type Principal,
  type PrincipalFacts,
  type Reply,
} from '@sluice/policy-sdk';
import { claimAt, expiryOf, type JsonObject } from '@sluice/tokens';
import type { IssuerConfig } from './schema.ts';
import { jwtSchema } from './schema.ts';

const overage = deny(
  jwtSchema.errors.groups_overage,
  'Ask the operator of the API to limit the groups that the identity provider writes into tokens.',
  undefined,
  'not_in_group',
);
const unknownConsumer = deny(
  'forbidden',
  'The token names no consumer of this API. Ask its operator for access.',
  undefined,
  'unknown',
);

type CallerConfig = Pick<IssuerConfig, 'consumer' | 'groupsClaim' | 'leewaySeconds'>;

/** Finds out whom the verified tokens of an issuer name. */
export class TokenCallers {
  readonly #config: CallerConfig;
  readonly #consumers: ConsumerDirectory;

  constructor(config: CallerConfig, consumers: ConsumerDirectory) {
    this.#config = config;
    this.#consumers = consumers;
  }

  /**
   * Returns the caller, or a refusal.
   * @param before the result for the same token, which is returned again when nothing has changed
   * @param isLive see `PrincipalFacts`
   */
  callerOf(
    claims: JsonObject,
    before: Principal | undefined,
    isLive: () => boolean,
  ): Principal | Reply {
    const { consumer: named, groupsClaim, leewaySeconds } = this.#config;
    const consumer = named === undefined ? undefined : this.#consumerOf(claims, named);
    if (consumer === undefined && named?.required === true) return unknownConsumer;
    if (before !== undefined && before.consumer === consumer) return before;
    const groups = groupsClaim === undefined ? undefined : groupsOf(claims, groupsClaim);
    if (groups === 'overage') return overage;
    return principal({ ...factsOf(claims, leewaySeconds), consumer, groups, isLive });
  }

  #consumerOf(claims: JsonObject, { claim, by }: NonNullable<CallerConfig['consumer']>) {
    const value = claimAt(claims, claim);
    const text = Number.isSafeInteger(value) ? String(value) : value;
    const name = typeof text === 'string' ? consumerName(text, by, claims) : undefined;
    return name === undefined ? undefined : this.#consumers.find(name);
  }
}

/** What every token states about its caller. */
export function factsOf(claims: JsonObject, leewaySeconds: number): PrincipalFacts {
  const subject = claimAt(claims, ['sub']);
  return {
    claims,
    subject: typeof subject === 'string' ? subject : undefined,
    expiresAtMs: expiryOf(claims, leewaySeconds),
  };
}

type By = NonNullable<CallerConfig['consumer']>['by'];

function consumerName(text: string, by: By, claims: JsonObject): ConsumerName | undefined {
  if (by === 'id') return { id: text };
  if (by === 'username') return { username: text };
  if (by === 'customId') return { customId: text };
  const issuer = claimAt(claims, ['iss']);
  // Neither part of the customId can pretend to be the other: an issuer is accepted by its bytes.
  return typeof issuer === 'string' ? { customId: `${issuer} ${text}` } : undefined;
}

/**
 * The groups of a claim. Entra leaves the claim out of tokens with too many groups and refers to
 * its directory instead: such a caller is not one without groups.
 */
function groupsOf(claims: JsonObject, path: readonly string[]): readonly string[] | 'overage' {
  const value = claimAt(claims, path);
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.filter((each) => typeof each === 'string');
  const isElsewhere =
    claimAt(claims, ['_claim_names', path.at(-1) as string]) !== undefined ||
    claimAt(claims, ['hasgroups']) === true ||
    claimAt(claims, ['hasgroups']) === 'true';
  return isElsewhere ? 'overage' : [];
}
