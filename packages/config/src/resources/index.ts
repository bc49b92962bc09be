import { consumerKind } from './consumer.ts';
import { credentialKind } from './credential/index.ts';
import { gatewayKind } from './gateway.ts';
import { groupKind } from './group.ts';
import { quotaKind } from './quota.ts';
import { routeKind } from './route.ts';
import { serviceKind } from './service.ts';

/** Every kind of resource, each after the kinds it refers to. */
export const declarations = [
  gatewayKind,
  quotaKind,
  groupKind,
  serviceKind,
  routeKind,
  consumerKind,
  credentialKind,
] as const;
