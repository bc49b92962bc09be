import { FieldName } from '@sluice/http1';

/** The fields that the gateway itself reads and writes; each name is prepared once. */
export const ownFields = {
  forwardedFor: new FieldName('X-Forwarded-For', { repeats: true }),
  forwardedProto: new FieldName('X-Forwarded-Proto', { repeats: true }),
  forwardedHost: new FieldName('X-Forwarded-Host', { repeats: true }),
  forwardedPrefix: new FieldName('X-Forwarded-Prefix'),
  forwardedPort: new FieldName('X-Forwarded-Port', { repeats: true }),
  via: new FieldName('Via', { repeats: true }),
  requestId: new FieldName('X-Request-Id', { generated: true }),
  traceparent: new FieldName('traceparent', { generated: true }),
  tracestate: new FieldName('tracestate'),
  userAgent: new FieldName('User-Agent'),
  consumerId: new FieldName('X-Consumer-Id'),
  consumerUsername: new FieldName('X-Consumer-Username'),
  consumerCustomId: new FieldName('X-Consumer-Custom-Id'),
  consumerGroups: new FieldName('X-Consumer-Groups'),
  credentialId: new FieldName('X-Credential-Id'),
} as const;
