/** Why a token is refused. A subset of the reasons of `sluice_auth_total`. */
export type TokenReason =
  | 'malformed'
  | 'expired'
  | 'not_yet_valid'
  | 'bad_signature'
  | 'bad_algorithm'
  | 'unknown_key'
  | 'wrong_issuer'
  | 'wrong_audience';

/**
 * The refusal of a token. A value, no exception: bad tokens are no faults of the gateway. The detail
 * is for the client and contains nothing of the token.
 */
export class TokenFault {
  readonly reason: TokenReason;
  readonly detail: string;

  constructor(reason: TokenReason, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}
