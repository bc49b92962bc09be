import { caKind } from './ca.ts';
import { certificateKind } from './certificate.ts';
import { consumerKind } from './consumer.ts';
import { credentialKind } from './credential/index.ts';
import { gatewayKind } from './gateway.ts';
import { groupKind } from './group.ts';
import { quotaKind } from './quota.ts';
import { routeKind } from './route.ts';
import { serviceKind } from './service.ts';
import { signingKeyKind } from './signing-key.ts';

/** Every kind of resource. A kind stands after those it refers to. */
export const declarations = [
  caKind,
  gatewayKind,
  quotaKind,
  groupKind,
  certificateKind,
  signingKeyKind,
  serviceKind,
  routeKind,
  consumerKind,
  credentialKind,
] as const;
