/**
 * Names for the types of the OpenAPI document. Nothing here is written by hand except what the
 * document cannot say.
 */
import type { components, operations } from './generated/schema.ts';

type Schemas = components['schemas'];
/** The content of a response without what describes the write, see `Written`. */
type Created<Content> = Omit<Content, 'revision' | 'nodes' | 'warnings'>;
type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

export type Gateway = Schemas['Gateway'];
export type GatewayInput = Schemas['GatewayInput'];
export type Service = Schemas['Service'];
export type ServiceInput = Schemas['ServiceInput'];
export type Route = Schemas['Route'];
export type RouteInput = Schemas['RouteInput'];
export type Consumer = Schemas['Consumer'];
export type ConsumerInput = Schemas['ConsumerInput'];
export type Group = Schemas['Group'];
export type GroupInput = Schemas['GroupInput'];
export type Quota = Schemas['Quota'];
export type QuotaInput = Schemas['QuotaInput'];
export type Certificate = Schemas['Certificate'];
export type CertificateInput = Schemas['CertificateInput'];
export type Ca = Schemas['Ca'];
export type CaInput = Schemas['CaInput'];
export type SigningKey = Schemas['SigningKey'];
export type SigningKeyInput = Schemas['SigningKeyInput'];
export type Credential = Schemas['Credential'];
export type CredentialInput = Schemas['CredentialInput'];
export type Key = Schemas['Key'];
export type KeyInput = Schemas['KeyInput'];
export type Token = Schemas['Token'];
export type TokenInput = Schemas['TokenInput'];
export type PolicyAttachment = Schemas['PolicyAttachment'];

/** The response to the creation of a credential, which alone contains a generated secret. */
export type CreatedCredential = Created<
  operations['credentials.create']['responses'][201]['content']['application/json']
>;
/** The response to the creation of a key, which alone contains the key. */
export type CreatedKey = Created<
  operations['keys.create']['responses'][201]['content']['application/json']
>;
/** The response to the creation of a token, which alone contains the token. */
export type CreatedToken =
  operations['tokens.create']['responses'][201]['content']['application/json'];

export type Policy = Schemas['Policy'];
export type Node = Schemas['Node'];
/** The state of a revision on one node. */
export type NodeOutcome = Schemas['NodeOutcome'];
/** One resource that a node could not use, with the reason. */
export type NodeFault = Schemas['Fault'];
export type AppliedReport = Schemas['AppliedReport'];
export type EffectivePolicies = Schemas['EffectivePolicies'];
export type Revision = Schemas['Revision'];
export type Change = Schemas['Change'];
export type Warning = Schemas['Warning'];
/** An RFC 9457 problem document. */
export type Problem = Schemas['Problem'];
/** One fault in the content of a request, named by an RFC 6901 JSON Pointer. */
export type ProblemFault = NonNullable<Problem['errors']>[number];

/** Which page of a list to read. */
export type PageFilter = QueryOf<'nodes.list'>;
/** Which page of a list of resources to read, and which resources to list. */
export type ListFilter = QueryOf<'services.list'>;
/** The same for credentials, by type, last use and expiry. */
export type CredentialFilter = QueryOf<'credentials.list'>;
/** The gateway, service and consumer for which effective policies are computed. */
export type EffectiveFilter = QueryOf<'routes.effective'>;

/** A patch of `Value`: any part of it, and null for properties to remove (RFC 7396). */
export type MergePatch<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Name in keyof Value]?: MergePatch<Value[Name]> | null }
    : Value;
