import type { Exchange, PolicyHost, Reply, Unrecognised } from '@sluice/policy-sdk';
import {
  claimAt,
  findSigner,
  findSignerLater,
  isSlowAlgorithm,
  parseJwt,
  TokenFault,
  type KeySet,
  type ParsedJwt,
  type VerificationKey,
} from '@sluice/tokens';
import type { MaybeKeys, TokenAuthority, VerifiedToken } from './token-authority.ts';
import type { TokenRefusals } from './token-refusals.ts';
import { verifiedToken } from './verified-token.ts';

/** The authority of a token, or why there is none. */
export type FindAuthority = (token: ParsedJwt) => TokenAuthority | TokenFault;

/** A token that is being verified. */
interface Attempt {
  readonly token: ParsedJwt;
  readonly authority: TokenAuthority;
  readonly exchange: Exchange;
  /** Whom the token claims to name, for the limits of failures. */
  readonly user: string | undefined;
}

type Result = VerifiedToken | Reply | Unrecognised;

/** Verifies signatures of tokens. */
export class TokenVerifier {
  readonly #find: FindAuthority;
  readonly #refusals: TokenRefusals;
  readonly #host: Pick<PolicyHost, 'failures'>;

  constructor(find: FindAuthority, refusals: TokenRefusals, host: Pick<PolicyHost, 'failures'>) {
    this.#find = find;
    this.#refusals = refusals;
    this.#host = host;
  }

  /**
   * Verifies the form and the signature of a token. Returns a promise when keys have to be fetched
   * first, and for algorithms that are slow, which run on the thread pool.
   */
  verify(text: string, exchange: Exchange): Result | Promise<Result> {
    const token = parseJwt(text);
    if (token instanceof TokenFault)
      return token.reason === 'malformed'
        ? this.#refusals.doubtOf(token)
        : this.#refusals.of(token);
    const authority = this.#find(token);
    if (authority instanceof TokenFault) return this.#refusals.doubtOf(authority);
    const attempt: Attempt = { token, authority, exchange, user: userOf(token) };
    const keys = authority.keysFor(token);
    if (keys instanceof Promise) return keys.then((later) => this.#verifyWith(attempt, later));
    return this.#verifyWith(attempt, keys);
  }

  #verifyWith(attempt: Attempt, keys: MaybeKeys): Result | Promise<Result> {
    if (keys === undefined) return this.#refusals.unavailable;
    const { token, authority, exchange, user } = attempt;
    const refusal = this.#host.failures.refusal(exchange, user);
    if (refusal !== undefined) return refusal;
    if (isSlowAlgorithm(token.algorithm))
      return findSignerLater(token, keys, authority.algorithms).then((signer) =>
        this.#conclude(attempt, keys, signer),
      );
    return this.#conclude(attempt, keys, findSigner(token, keys, authority.algorithms));
  }

  #conclude(
    attempt: Attempt,
    keys: KeySet,
    signer: VerificationKey | TokenFault,
  ): Result | Promise<Result> {
    const { token, authority, exchange, user } = attempt;
    if (signer instanceof TokenFault) return this.#fail(attempt, keys, signer);
    if (user !== undefined) this.#host.failures.succeeded(exchange, user);
    return verifiedToken(token, authority, signer.id);
  }

  /** The issuer may have replaced the key, also under the same name. */
  #fail(attempt: Attempt, keys: KeySet, fault: TokenFault): Result | Promise<Result> {
    const { authority } = attempt;
    const isOfKey = fault.reason === 'bad_signature' || fault.reason === 'unknown_key';
    const again = isOfKey ? authority.refetched() : undefined;
    if (again !== undefined)
      return again.then((later) =>
        later === undefined || later === keys
          ? this.#refuse(attempt, fault)
          : this.#verifyWith(attempt, later),
      );
    return this.#refuse(attempt, fault);
  }

  #refuse({ authority, exchange, user }: Attempt, fault: TokenFault): Reply {
    if (fault.reason === 'bad_signature') this.#host.failures.failed(exchange, user);
    // The key may be a new one that could not be fetched.
    return fault.reason === 'unknown_key' && authority.isFailing
      ? this.#refusals.unavailable
      : this.#refusals.of(fault);
  }
}

function userOf({ claims }: ParsedJwt): string | undefined {
  const subject = claimAt(claims, ['sub']);
  return typeof subject === 'string' ? `${String(claimAt(claims, ['iss']))} ${subject}` : undefined;
}
