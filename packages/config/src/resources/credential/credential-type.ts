import { Instant, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';

/**
 * Absent unless it is true. A node of a release that does not know the property is sent no disabled
 * credential at all, because it would accept it.
 */
const disabled = z.boolean().optional();

/** What a creation of every type of credential may contain. */
export const credentialInput = {
  name: Name,
  expiresAt: Instant.optional().describe(
    'RFC 3339 instant after which the credential is refused. A creation needs one in the future.',
  ),
  disabled: disabled.describe(
    'Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled.',
  ),
  tags: Tags,
};

/** What is stored of every type of credential. */
export const storedCredential = {
  name: Name,
  consumer: Reference,
  expiresAt: Instant.optional(),
  disabled: disabled.meta({ since: 1, ifUnknown: 'omit' }),
  tags: Tags,
};

/** Everything that is particular to one type of credential. */
export interface CredentialType<
  Type extends string = string,
  Schema extends z.ZodObject = z.ZodObject,
  Input extends z.ZodObject = z.ZodObject,
> {
  readonly type: Type;
  /** Schema of what is stored and sent to nodes. */
  readonly schema: Schema;
  /** Schema of the content of a creation. */
  readonly input: Input;
  /**
   * The stored property by which a node finds the credential. Two credentials of a type never have
   * the same value.
   */
  readonly lookup: {
    readonly property: string;
    /**
     * Another stored property: the same value of `property` with another value of this one is
     * another credential. The lookup value is both, separated by a space.
     */
    readonly within?: string | undefined;
    /** The property of a creation that decides it. */
    readonly writtenAs: string;
    /** What the value is, for messages. */
    readonly noun: string;
  };
  /**
   * The stored property with which a node verifies what the caller presents, or a function that
   * joins several.
   */
  readonly secret?: string | ((stored: Readonly<Record<string, unknown>>) => string) | undefined;
  /** Stored properties that the Admin API never shows. */
  readonly hidden: readonly string[];
  /** Members that only the response to the creation shows, each with its description. */
  readonly shownOnce?: Readonly<Record<string, string>> | undefined;
}

/** Declares a type of credential. List it in `index.ts` of this folder. */
export function defineCredentialType<
  const Type extends string,
  Schema extends z.ZodObject,
  Input extends z.ZodObject,
>(declaration: CredentialType<Type, Schema, Input>): CredentialType<Type, Schema, Input> {
  return Object.freeze(declaration);
}
