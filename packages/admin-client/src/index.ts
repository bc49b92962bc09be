export { AdminClient, createAdminClient } from './admin-client.ts';
export { AdminProblem } from './admin-problem.ts';
export { NotAppliedError } from './not-applied-error.ts';
export { CollectionClient, ReadOnlyCollection } from './collection-client.ts';
export type { Deleted, Page, Read, WriteOptions, Written } from './collection-client.ts';
export type { AdminClientOptions, AdminResponse, RequestContent } from './transport.ts';
export type {
  AppliedReport,
  Change,
  Consumer,
  ConsumerInput,
  CreatedKey,
  CreatedToken,
  EffectiveFilter,
  EffectivePolicies,
  Gateway,
  GatewayInput,
  Group,
  GroupInput,
  Key,
  KeyInput,
  ListFilter,
  MergePatch,
  Node,
  NodeFault,
  NodeOutcome,
  PageFilter,
  Policy,
  PolicyAttachment,
  Problem,
  ProblemFault,
  Quota,
  QuotaInput,
  Revision,
  Route,
  RouteInput,
  Service,
  ServiceInput,
  Token,
  TokenInput,
  Warning,
} from './schema-types.ts';
