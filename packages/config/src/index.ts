export { canonicalJson } from './canonical.ts';
export { defaultPolicies, effectivePolicies } from './effective.ts';
export { mergePolicies } from '@sluice/policies/schemas';
export type { EffectivePolicy, PolicyHolder } from './effective.ts';
export { fieldErrors } from './field-errors.ts';
export type { Delivery, KindDeclaration, Owner, UniqueValue } from './kind.ts';
export { issueDetail } from './issue-detail.ts';
export { PolicyAttachment, PolicyAttachments } from './policy-attachment.ts';
export { answerFaults, createPolicyCatalogue, policyFaults } from './policy-catalogue.ts';
export type { PolicyCatalogue } from './policy-catalogue.ts';
export { danglingReference, mapReferences, referencesOf } from './references.ts';
export type { ResourceReference } from './references.ts';
export { bodyLimit, MaxBodyBytes, RequestLimits } from './request-limits.ts';
export { isKind, kindOf, kinds, nameOf, nameProperty, resourceSchemas } from './resource.ts';
export type { Kind, Resource, Spec } from './resource.ts';
export { Ca } from './resources/ca.ts';
export { Certificate, maxPemBytes } from './resources/certificate.ts';
export { Consumer } from './resources/consumer.ts';
export { Gateway } from './resources/gateway.ts';
export { Group } from './resources/group.ts';
export { basicCredential } from './resources/credential/basic.ts';
export type { CredentialType } from './resources/credential/credential-type.ts';
export {
  Credential,
  CredentialInput,
  credentialTypes,
  isCredentialType,
  lookupOf,
  secretOf,
} from './resources/credential/index.ts';
export type { CredentialTypeName } from './resources/credential/index.ts';
export { hmacCredential } from './resources/credential/hmac.ts';
export { KeyInput, keyCredential } from './resources/credential/key.ts';
export { Quota, QuotaLimit } from './resources/quota.ts';
export { PathPattern, Route } from './resources/route.ts';
export { Service, Target } from './resources/service.ts';
export { SigningKey, SigningKeyInput } from './resources/signing-key.ts';
export { separateUnknown, withoutStoredUnknown, withUnknown } from './unknown-members.ts';
export type { SeparatedMembers, UnknownMember } from './unknown-members.ts';
export { schemaLevel } from './schema-level.ts';
export { describeSchemas, mergedRules } from './schema-rules.ts';
export type { FieldRule, KindRule, SchemaRules } from './schema-rules.ts';
export {
  secretsIn,
  withKeptSecrets,
  withoutSecrets,
  withSecretsReplaced,
} from './secret-fields.ts';
export { maxSpecBytes, specSizeFault } from './spec-size.ts';
