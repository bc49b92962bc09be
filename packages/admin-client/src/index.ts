export { AdminClient, createAdminClient } from './admin-client.ts';
export type { PointOfView } from './admin-client.ts';
export { AdminProblem } from './admin-problem.ts';
export type { ProblemFault } from './admin-problem.ts';
export { CollectionClient, ReadOnlyCollection } from './collection-client.ts';
export type {
  Deleted,
  ListFilter,
  MergePatch,
  Page,
  Read,
  WriteOptions,
  Written,
} from './collection-client.ts';
export type {
  AppliedReport,
  Change,
  EffectivePolicies,
  Node,
  NodeFault,
  NodeOutcome,
  Policy,
  Revision,
} from './reports.ts';
export type {
  Consumer,
  ConsumerInput,
  CreatedKey,
  CreatedToken,
  Gateway,
  GatewayInput,
  Group,
  GroupInput,
  Key,
  KeyInput,
  PolicyAttachment,
  PolicyAttachmentInput,
  Quota,
  QuotaInput,
  Route,
  RouteInput,
  Service,
  ServiceInput,
  Stored,
  Token,
  TokenInput,
} from './resources.ts';
export type { AdminClientOptions } from './transport.ts';
