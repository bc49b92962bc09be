import {
  principal,
  type FoundCredential,
  type PolicyHost,
  type Principal,
  type Reply,
} from '@sluice/policy-sdk';
import {
  claimAt,
  importPem,
  importSecret,
  KeySet,
  type Algorithm,
  type ParsedJwt,
} from '@sluice/tokens';
import { stateRefusal, type StateRefusals } from '../authentication/credential-state.ts';
import { ClaimFields } from './claim-fields.ts';
import { rulesOf } from './issuer.ts';
import type { ConsumerKeysConfig } from './schema.ts';
import type { MaybeKeys, TokenAuthority, TokenRules, VerifiedToken } from './token-authority.ts';
import { factsOf } from './token-caller.ts';

/** Imported keys that are kept, because importing one takes longer than to verify with it. */
const maxImported = 1_000;
const maxKeyLength = 512;

/** Finds the key of a consumer for a token: its credential of type `jwt`. */
export class ConsumerKeys {
  readonly #claim: readonly string[];
  readonly #settings: Settings;
  /** By lookup value; the key that was imported first leaves first. */
  readonly #imported = new Map<string, ConsumerKey>();

  constructor(config: ConsumerKeysConfig, host: PolicyHost, refusals: StateRefusals) {
    this.#claim = [config.claim];
    this.#settings = { host, refusals, rules: rulesOf(config), types: config.types };
  }

  /** Returns the key that a token names; undefined when no credential has it. */
  of({ claims, header }: ParsedJwt): ConsumerKey | undefined {
    const name = claimAt(claims, this.#claim) ?? claimAt(header, this.#claim);
    if (typeof name !== 'string' || name === '' || name.length > maxKeyLength) return undefined;
    const found = this.#settings.host.credentials.find('jwt', name);
    if (found?.secret === undefined) return undefined;
    const before = this.#imported.get(name);
    if (before?.secret === found.secret) return before;
    const key = new ConsumerKey(name, found.secret, this.#settings);
    this.#imported.delete(name);
    if (this.#imported.size >= maxImported)
      this.#imported.delete(this.#imported.keys().next().value as string);
    this.#imported.set(name, key);
    return key;
  }
}

interface Settings {
  readonly host: PolicyHost;
  readonly refusals: StateRefusals;
  readonly rules: TokenRules;
  readonly types: readonly string[] | undefined;
}

/** The key of one consumer. It is replaced when that of the credential changes. */
class ConsumerKey implements TokenAuthority {
  readonly secret: string;
  readonly algorithms: readonly Algorithm[];
  readonly isFailing = false;
  readonly fields = new ClaimFields({});
  readonly #lookup: string;
  readonly #settings: Settings;
  readonly #keys: KeySet;

  constructor(lookup: string, secret: string, settings: Settings) {
    this.#lookup = lookup;
    this.secret = secret;
    this.#settings = settings;
    const { algorithm, keys } = importCredential(secret);
    this.algorithms = [algorithm];
    this.#keys = keys;
  }

  get rules(): TokenRules {
    return this.#settings.rules;
  }

  get types(): readonly string[] | undefined {
    return this.#settings.types;
  }

  /** {@inheritDoc TokenAuthority.keysFor} */
  keysFor(): MaybeKeys {
    return this.#keys;
  }

  /** {@inheritDoc TokenAuthority.refetched} */
  refetched(): undefined {
    return undefined;
  }

  /** {@inheritDoc TokenAuthority.accepts} */
  accepts(): boolean {
    return this.#found()?.secret === this.secret;
  }

  /** {@inheritDoc TokenAuthority.callerOf} */
  callerOf({ claims, principal: before }: VerifiedToken): Principal | Reply {
    const { host, refusals, rules } = this.#settings;
    const found = this.#found();
    if (found === undefined) return refusals.disabled;
    const { consumer, credential } = found;
    const refusal = stateRefusal(credential, host.clock.now(), refusals);
    if (refusal !== undefined) return refusal;
    if (before?.consumer === consumer && before.credential === credential) return before;
    const facts = factsOf(claims, rules.leewaySeconds);
    const { expiresAtMs = Infinity } = facts;
    const endsAtMs = Math.min(expiresAtMs, credential.expiresAtMs ?? Infinity);
    return principal({
      ...facts,
      consumer,
      credential,
      ...(endsAtMs === Infinity ? {} : { expiresAtMs: endsAtMs }),
    });
  }

  #found(): FoundCredential | undefined {
    return this.#settings.host.credentials.find('jwt', this.#lookup);
  }
}

/** Imports what a credential of type `jwt` stores: its algorithm, a space, and the key. */
function importCredential(secret: string): { algorithm: Algorithm; keys: KeySet } {
  const space = secret.indexOf(' ');
  const algorithm = secret.slice(0, space) as Algorithm;
  const text = secret.slice(space + 1);
  const key = algorithm.startsWith('HS')
    ? importSecret(Buffer.from(text), { algorithm })
    : importPem(text, { algorithm });
  return { algorithm, keys: new KeySet([key]) };
}
