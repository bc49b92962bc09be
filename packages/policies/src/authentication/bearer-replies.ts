import { deny, type AuthReason, type HeaderPair, type Reply } from '@sluice/policy-sdk';

/**
 * The refusals of policies that authenticate callers by bearer tokens, with the challenges of RFC
 * 6750, section 3. Details are for the client and contain nothing of a token. Create refusals in
 * `compile`.
 */
export class BearerReplies {
  /** For a request without a token. */
  readonly challenge: string;
  readonly #realm: string;
  readonly #scope: string;

  /** @param scopes that a token needs here; the challenge names them */
  constructor(realm: string, scopes: readonly string[]) {
    this.#realm = `Bearer realm="${realm}"`;
    this.#scope = scopes.length === 0 ? '' : `, scope="${scopes.join(' ')}"`;
    this.challenge = `${this.#realm}${this.#scope}`;
  }

  /** The 401 for a token that is not valid. */
  refusal(reason: AuthReason, detail: string): Reply {
    const code = reason === 'expired' ? 'credential_expired' : 'invalid_credential';
    const description = `, error_description="${quotable(detail)}"`;
    return deny(code, detail, this.#fields('invalid_token', description), reason);
  }

  /** The 403 for a valid token that lacks a scope. */
  insufficientScope(): Reply {
    return deny(
      'insufficient_scope',
      `Send a token with ${this.#scope.slice(2)}.`,
      this.#fields('insufficient_scope', this.#scope),
      'insufficient_scope',
    );
  }

  #fields(error: string, more: string): readonly HeaderPair[] {
    return [['WWW-Authenticate', `${this.#realm}, error="${error}"${more}`]];
  }
}

/** The text without what `error_description` of RFC 6750, section 3, cannot contain. */
function quotable(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?');
}
