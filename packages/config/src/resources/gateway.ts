import { Cidr, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { PolicyAttachments } from '../policy-attachment.ts';
import { MaxBodyBytes } from '../request-limits.ts';

/** A named entry point that nodes serve. */
export const Gateway = z.strictObject({
  name: Name,
  trustedProxies: z
    .array(Cidr)
    .max(256)
    .default([])
    .describe(
      'Proxies whose X-Forwarded-For is trusted. Empty: the address of the connection is the client address.',
    ),
  limits: z
    .strictObject({
      maxBodyBytes: MaxBodyBytes.default(10_485_760).describe(
        'Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. Services and routes may set their own.',
      ),
      halfClosedClients: z
        .enum(['cancel', 'serve'])
        .default('cancel')
        .describe(
          'How to treat a request whose client ends its side of an HTTP/1 connection (FIN, close_notify) before it has received its response. cancel: the upstream call is cancelled and the connection closed, logged as 499. serve: the client still gets its response.',
        ),
    })
    .prefault({})
    .describe('Limits of the requests that the gateway accepts.'),
  clientCertificates: z
    .strictObject({
      mode: z
        .enum(['off', 'request', 'require'])
        .describe(
          'off: clients are not asked for a certificate. request: they are asked, and one that is sent must be valid. require: they must send a valid one.',
        ),
      cas: z
        .array(Reference)
        .max(16)
        .default([])
        .describe('CAs, one of which must have issued the certificates of clients.'),
    })
    .superRefine(({ mode, cas }, context) => {
      if (mode !== 'off' && cas.length === 0)
        context.addIssue({
          code: 'custom',
          path: ['cas'],
          message: `the mode "${mode}" needs a CA that issues the certificates of clients`,
        });
    })
    .meta({ since: 1, ifUnknown: 'refuse' })
    .optional()
    .describe('Whether clients are asked for a certificate on TLS connections.'),
  policies: PolicyAttachments,
  tags: Tags,
});

export type Gateway = z.output<typeof Gateway>;

export const gatewayKind = defineKind({
  name: 'gateway',
  collection: 'gateways',
  schema: Gateway,
  references: { 'clientCertificates/cas/*': 'ca' },
  delivery: 'by-gateway',
  example: () => ({ trustedProxies: ['10.0.0.0/8'] }),
});
