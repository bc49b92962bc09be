import type { PolicySchema } from '@sluice/policy-sdk';
import { aclSchema } from './acl/schema.ts';
import { anonymousSchema } from './anonymous/schema.ts';
import { basicAuthSchema } from './basic-auth/schema.ts';
import { botDetectionSchema } from './bot-detection/schema.ts';
import { claimsSchema } from './claims/schema.ts';
import { corsSchema } from './cors/schema.ts';
import { csrfSchema } from './csrf/schema.ts';
import { externalAuthSchema } from './external-auth/schema.ts';
import { hmacAuthSchema } from './hmac-auth/schema.ts';
import { httpLogSchema } from './http-log/schema.ts';
import { ipRestrictionSchema } from './ip-restriction/schema.ts';
import { jwtSchema } from './jwt/schema.ts';
import { keyAuthSchema } from './key-auth/schema.ts';
import { mtlsAuthSchema } from './mtls-auth/schema.ts';
import { oauth2IntrospectionSchema } from './oauth2-introspection/schema.ts';
import { oidcSchema } from './oidc/schema.ts';
import { opaSchema } from './opa/schema.ts';
import { quotaSchema } from './quota/schema.ts';
import { rateLimitSchema } from './rate-limit/schema.ts';
import { redirectSchema } from './redirect/schema.ts';
import { refererRestrictionSchema } from './referer-restriction/schema.ts';
import { requestHeadersSchema } from './request-headers/schema.ts';
import { requestSizeLimitSchema } from './request-size-limit/schema.ts';
import { responseHeadersSchema } from './response-headers/schema.ts';
import { securityHeadersSchema } from './security-headers/schema.ts';
import { staticResponseSchema } from './static-response/schema.ts';
import { upstreamIdentitySchema } from './upstream-identity/schema.ts';

export { mergePolicies } from '@sluice/policy-sdk';
export type { AttachPoint, PolicySchema } from '@sluice/policy-sdk';

/** Schemas of the policies that come with Sluice, in alphabetical order. */
export const builtInPolicySchemas: readonly PolicySchema[] = Object.freeze([
  aclSchema,
  anonymousSchema,
  basicAuthSchema,
  botDetectionSchema,
  claimsSchema,
  corsSchema,
  csrfSchema,
  externalAuthSchema,
  hmacAuthSchema,
  httpLogSchema,
  ipRestrictionSchema,
  jwtSchema,
  keyAuthSchema,
  mtlsAuthSchema,
  oauth2IntrospectionSchema,
  oidcSchema,
  opaSchema,
  quotaSchema,
  rateLimitSchema,
  redirectSchema,
  refererRestrictionSchema,
  requestHeadersSchema,
  requestSizeLimitSchema,
  responseHeadersSchema,
  securityHeadersSchema,
  staticResponseSchema,
  upstreamIdentitySchema,
]);
