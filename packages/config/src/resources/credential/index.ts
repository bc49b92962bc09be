import { z } from 'zod';
import { defineKind } from '../../kind.ts';
import { basicCredential } from './basic.ts';
import type { CredentialType } from './credential-type.ts';
import { hmacCredential } from './hmac.ts';
import { jwtCredential } from './jwt.ts';
import { keyCredential } from './key.ts';
import { mtlsCredential } from './mtls.ts';

/** Every type of credential. */
const types = [
  keyCredential,
  basicCredential,
  hmacCredential,
  jwtCredential,
  mtlsCredential,
] as const;

/** The name of a type of credential. */
export type CredentialTypeName = (typeof types)[number]['type'];

/** Every type of credential, by its name. */
export const credentialTypes: Readonly<Record<CredentialTypeName, CredentialType>> = Object.freeze(
  Object.fromEntries(types.map((type) => [type.type, type])),
) as unknown as Record<CredentialTypeName, CredentialType>;

/** Whether the text is the name of a type of credential. */
export function isCredentialType(text: unknown): text is CredentialTypeName {
  return typeof text === 'string' && Object.hasOwn(credentialTypes, text);
}

type SchemasOf<Types extends readonly CredentialType[]> = {
  -readonly [Index in keyof Types]: Types[Index]['schema'];
};
type InputsOf<Types extends readonly CredentialType[]> = {
  -readonly [Index in keyof Types]: Types[Index]['input'];
};

/** A credential of a consumer, as stored and streamed. */
export const Credential = z.discriminatedUnion(
  'type',
  types.map(({ schema }) => schema) as unknown as SchemasOf<typeof types>,
);

export type Credential = z.output<typeof Credential>;

/** A credential as clients write it. */
export const CredentialInput = z.discriminatedUnion(
  'type',
  types.map(({ input }) => input) as unknown as InputsOf<typeof types>,
);

/** The value by which nodes find a credential, unique for its type. */
export function lookupOf(spec: Credential): string {
  const { property, within } = credentialTypes[spec.type].lookup;
  const members = spec as Readonly<Record<string, unknown>>;
  const value = String(members[property]);
  return within === undefined ? value : `${String(members[within])} ${value}`;
}

/** What a node needs to verify the credential; undefined when finding it is enough. */
export function secretOf(spec: Credential): string | undefined {
  const { secret } = credentialTypes[spec.type];
  const members = spec as Readonly<Record<string, unknown>>;
  if (typeof secret === 'function') return secret(members);
  const value = secret === undefined ? undefined : members[secret];
  return typeof value === 'string' ? value : undefined;
}

const lastUse = z.object({
  lastUsedAt: z.iso
    .datetime()
    .optional()
    .describe(
      'When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.',
    ),
});

export const credentialKind = defineKind({
  name: 'credential',
  collection: 'credentials',
  schema: Credential,
  input: CredentialInput,
  owner: { kind: 'consumer', property: 'consumer' },
  references: { consumer: 'consumer', ca: 'ca' },
  computed: lastUse,
  shown: { lastUsedAt: '2026-01-02T03:04:05.678Z' },
  hidden: types.flatMap(({ hidden }) => hidden),
  uniqueBy: (spec) => {
    const credential = spec as Credential;
    const { writtenAs, noun } = credentialTypes[credential.type].lookup;
    return { value: `${credential.type}:${lookupOf(credential)}`, writtenAs, noun };
  },
  delivery: 'every-node',
  removal: 'Revoke',
  shownOnce: Object.assign({}, ...types.map(({ shownOnce }) => shownOnce)),
  example: () => ({ type: 'key', expiresAt: '2099-01-01T00:00:00Z' }),
  stored: { consumer: 'example', hash: '0'.repeat(64), prefix: 'slk_4fT0aXbQ' },
});
