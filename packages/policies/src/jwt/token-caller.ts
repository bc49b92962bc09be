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
import type { VerifiedToken } from './token-authority.ts';

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
   * Returns the caller, or a refusal. The result for the same token is returned again when nothing
   * has changed.
   * @param keys of the issuer: the caller is known as long as they have the key of the token
   */
  callerOf(
    { claims, principal: before, keyId }: VerifiedToken,
    keys: { has(keyId: string): boolean },
  ): Principal | Reply {
    const { consumer: named, groupsClaim, leewaySeconds } = this.#config;
    const consumer = named === undefined ? undefined : this.#consumerOf(claims, named);
    if (consumer === undefined && named?.required === true) return unknownConsumer;
    if (before !== undefined && before.consumer === consumer) return before;
    const groups = groupsClaim === undefined ? undefined : groupsOf(claims, groupsClaim);
    const groupsOverage = groupsClaim !== undefined && hasOverage(claims, groupsClaim);
    const isLive = (): boolean => keys.has(keyId);
    const facts = factsOf(claims, leewaySeconds);
    return principal({ ...facts, consumer, groups, groupsOverage, isLive });
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

function groupsOf(claims: JsonObject, path: readonly string[]): readonly string[] {
  const value = claimAt(claims, path);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/**
 * Whether the groups are left out because they are too many: Entra then refers to its directory in
 * `_claim_names` or, in tokens of the implicit flow, says `hasgroups`.
 */
function hasOverage(claims: JsonObject, path: readonly string[]): boolean {
  if (claimAt(claims, path) !== undefined) return false;
  const said = claimAt(claims, ['hasgroups']);
  return (
    claimAt(claims, ['_claim_names', path.at(-1) as string]) !== undefined ||
    said === true ||
    said === 'true'
  );
}
