import type { PolicyHost, Principal, Reply } from '@sluice/policy-sdk';
import { KeySet, type Algorithm, type ParsedJwt } from '@sluice/tokens';
import { importKey } from '../verification-keys/import-key.ts';
import type { IssuerConfig } from './schema.ts';
import type { MaybeKeys, TokenAuthority, TokenRules, VerifiedToken } from './token-authority.ts';
import { TokenCallers } from './token-caller.ts';
import { ClaimFields } from './claim-fields.ts';
import type { PublishedKeys } from './published-keys.ts';

/** An issuer of the configuration: with keys of the configuration, or with published ones. */
export class Issuer implements TokenAuthority {
  readonly algorithms: readonly Algorithm[];
  readonly rules: TokenRules;
  readonly types: readonly string[] | undefined;
  readonly fields: ClaimFields;
  readonly #callers: TokenCallers;
  readonly #keys: KeySet | PublishedKeys;

  /** @param published the keys that are fetched; undefined when the configuration contains them */
  constructor(config: IssuerConfig, host: PolicyHost, published: PublishedKeys | undefined) {
    this.algorithms = config.algorithms;
    this.types = config.types;
    this.rules = { ...rulesOf(config), issuer: config.issuer };
    this.fields = new ClaimFields(config.upstreamHeaders);
    this.#callers = new TokenCallers(config, host.consumers);
    this.#keys = published ?? new KeySet((config.keys ?? []).map(importKey));
  }

  /** {@inheritDoc TokenAuthority.isFailing} */
  get isFailing(): boolean {
    return !(this.#keys instanceof KeySet) && this.#keys.isFailing;
  }

  /** {@inheritDoc TokenAuthority.keysFor} */
  keysFor(token: ParsedJwt): MaybeKeys | Promise<MaybeKeys> {
    return this.#keys instanceof KeySet ? this.#keys : this.#keys.keysFor(token);
  }

  /** {@inheritDoc TokenAuthority.refetched} */
  refetched(): Promise<MaybeKeys> | undefined {
    return this.#keys instanceof KeySet ? undefined : this.#keys.refetched();
  }

  /** {@inheritDoc TokenAuthority.accepts} */
  accepts(keyId: string): boolean {
    return this.#keys.has(keyId);
  }

  /** {@inheritDoc TokenAuthority.callerOf} */
  callerOf(token: VerifiedToken): Principal | Reply {
    return this.#callers.callerOf(token, this.#keys);
  }
}

type RulesConfig = Pick<IssuerConfig, 'audience' | 'requireExpiry' | 'leewaySeconds'> &
  Partial<Pick<IssuerConfig, 'authorizedParties'>>;

/** The rules of a configuration, as `checkClaims` takes them. */
export function rulesOf(config: RulesConfig): TokenRules {
  const { audience, requireExpiry, leewaySeconds, authorizedParties } = config;
  return {
    audience: audience === 'any' ? undefined : audience,
    authorizedParty: authorizedParties,
    requireExp: requireExpiry,
    leewaySeconds,
  };
}
