import type { Policy } from '@sluice/policy-sdk';
import { acl } from './acl/policy.ts';
import { anonymous } from './anonymous/policy.ts';
import { basicAuth } from './basic-auth/policy.ts';
import { botDetection } from './bot-detection/policy.ts';
import { claims } from './claims/policy.ts';
import { cors } from './cors/policy.ts';
import { csrf } from './csrf/policy.ts';
import { externalAuth } from './external-auth/policy.ts';
import { hmacAuth } from './hmac-auth/policy.ts';
import { httpLog } from './http-log/policy.ts';
import { ipRestriction } from './ip-restriction/policy.ts';
import { jwt } from './jwt/policy.ts';
import { keyAuth } from './key-auth/policy.ts';
import { mtlsAuth } from './mtls-auth/policy.ts';
import { oauth2Introspection } from './oauth2-introspection/policy.ts';
import { oidc } from './oidc/policy.ts';
import { opa } from './opa/policy.ts';
import { quota } from './quota/policy.ts';
import { rateLimit } from './rate-limit/policy.ts';
import { redirect } from './redirect/policy.ts';
import { refererRestriction } from './referer-restriction/policy.ts';
import { requestHeaders } from './request-headers/policy.ts';
import { requestSizeLimit } from './request-size-limit/policy.ts';
import { responseHeaders } from './response-headers/policy.ts';
import { securityHeaders } from './security-headers/policy.ts';
import { staticResponse } from './static-response/policy.ts';
import { upstreamIdentity } from './upstream-identity/policy.ts';

/** The policies that come with Sluice, in alphabetical order. */
export const builtInPolicies: readonly Policy[] = Object.freeze([
  acl,
  anonymous,
  basicAuth,
  botDetection,
  claims,
  cors,
  csrf,
  externalAuth,
  hmacAuth,
  httpLog,
  ipRestriction,
  jwt,
  keyAuth,
  mtlsAuth,
  oauth2Introspection,
  oidc,
  opa,
  quota,
  rateLimit,
  redirect,
  refererRestriction,
  requestHeaders,
  requestSizeLimit,
  responseHeaders,
  securityHeaders,
  staticResponse,
  upstreamIdentity,
]);
