import { certificateIdentity, Reference } from '@sluice/schema';
import { z } from 'zod';
import { credentialInput, defineCredentialType, storedCredential } from './credential-type.ts';

const { name, consumer, expiresAt, disabled, tags } = storedCredential;

/** The database indexes the value. */
const maxIdentityBytes = 2_048;

const ca = Reference.describe(
  'The CA that issues the certificate, directly or through intermediate ones. The same identity from another CA is another caller.',
);

const identity = z
  .string()
  .min(1)
  .max(maxIdentityBytes)
  .superRefine((text, context) => {
    if (certificateIdentity(text) === undefined)
      context.addIssue({
        code: 'custom',
        message:
          'must be "DNS:…", "URI:…", "email:…", "IP:…", "subject:…" (RFC 4514, such as "subject:CN=orders,O=Acme") or "sha256:…", without control characters',
      });
    else if (new TextEncoder().encode(text).length > maxIdentityBytes)
      context.addIssue({ code: 'custom', message: `has more than ${maxIdentityBytes} bytes` });
  })
  .overwrite((text) => certificateIdentity(text) ?? text)
  .describe(
    'What identifies the caller: one alternative name of the certificate (`DNS:orders.internal`, `URI:spiffe://acme/orders`, `email:ops@acme.test`, `IP:10.0.0.1`), its subject (`subject:CN=orders,O=Acme`) or its SHA-256 (`sha256:…`). It is compared exactly; wildcards have no meaning.',
  );

/** A client certificate (`mtls-auth`), found by its CA and what identifies the caller in it. */
export const mtlsCredential = defineCredentialType({
  type: 'mtls',
  schema: z.strictObject({
    type: z.literal('mtls'),
    name,
    consumer,
    ca,
    identity,
    expiresAt,
    disabled,
    tags,
  }),
  input: z.strictObject({
    type: z.literal('mtls').describe('A certificate that the caller presents in the handshake.'),
    name: credentialInput.name,
    ca,
    identity,
    expiresAt: credentialInput.expiresAt,
    disabled: credentialInput.disabled,
    tags: credentialInput.tags,
  }),
  lookup: {
    property: 'identity',
    within: 'ca',
    writtenAs: 'identity',
    noun: 'identity from this CA',
  },
  hidden: [],
});
