import type { CredentialTypeName } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import type { PasswordHashing } from '../password-hashing.ts';

/** What a type may use. */
export interface HandlerServices {
  readonly passwords: PasswordHashing;
}

/** The result of a creation. */
export interface CreatedCredential {
  /** The members of the type that are stored. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** Members that only the response to the creation shows. */
  readonly secrets?: Readonly<Record<string, unknown>>;
}

/** A request's content, valid by the schema of its type. */
export type Content = Readonly<Record<string, unknown>>;

/** How the Admin API writes one type of credential. List it in `index.ts`. */
export interface CredentialHandler {
  readonly type: CredentialTypeName;
  /** The members that PATCH may change, besides those of every type. */
  readonly changeable: readonly string[];
  /** Members of a request that are secrets of low entropy: they are stored in no form but hashed. */
  readonly secretInput: readonly string[];
  /** Faults of a content that the schema cannot see. */
  faults?(content: Content): readonly FieldError[];
  /** Turns the content of a creation into what is stored. */
  create(content: Content, services: HandlerServices): Promise<CreatedCredential>;
  /** Turns a patch into one of what is stored; by default it is that already. */
  change?(patch: Content, services: HandlerServices): Promise<Content>;
}
