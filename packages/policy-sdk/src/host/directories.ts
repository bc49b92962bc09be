import type { Consumer, Credential } from '../exchange.ts';

/** A credential of the running configuration. */
export interface FoundCredential {
  readonly consumer: Consumer;
  readonly credential: Credential;
  /** What is stored for verification, such as the hash of a password in PHC format. */
  readonly secret: string | undefined;
  /** The only algorithm for which the secret may be used, for types that state one. */
  readonly algorithm?: string | undefined;
}

/** Credentials of the running configuration. */
export interface CredentialDirectory {
  /**
   * Finds a credential by its type and its lookup value: the SHA-256 of a key in lower-case hex, a
   * username.
   */
  find(type: string, lookup: string): FoundCredential | undefined;
  /**
   * Reports a hash, as a PHC string, of a password that matched the `secret` of a credential whose
   * hash another system has made. The control plane stores it in its place, unless that has changed
   * meanwhile. Absent where there is no control plane; a report may be lost.
   */
  reportRehash?(found: FoundCredential, hash: string): void;
}

/** How a consumer is named. */
export type ConsumerName =
  { readonly id: string } | { readonly username: string } | { readonly customId: string };

/** Consumers of the running configuration. */
export interface ConsumerDirectory {
  find(by: ConsumerName): Consumer | undefined;
}
