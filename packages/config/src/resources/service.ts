import { configuredPathFaults } from '@sluice/router';
import { DnsName, Name, Reference, Tags, TargetAddress } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { PolicyAttachments } from '../policy-attachment.ts';
import { RequestLimits } from '../request-limits.ts';

function inNormalForm(path: string, context: z.RefinementCtx): void {
  for (const message of configuredPathFaults(path, { mayHoldNames: false }))
    context.addIssue({ code: 'custom', message });
  if (/%(?:2F|5C)/i.test(path))
    context.addIssue({
      code: 'custom',
      message: 'upstreams read encoded slashes in different ways: leave them out',
    });
}

/** Refuses two settings for the same thing. */
function refusePairs(
  tls: {
    readonly certificate?: unknown;
    readonly clientCertificate?: unknown;
    readonly cas?: unknown;
    readonly caCertificates?: unknown;
  },
  context: z.RefinementCtx,
): void {
  for (const [name, other] of [
    ['certificate', 'clientCertificate'],
    ['cas', 'caCertificates'],
  ] as const) {
    if (tls[name] !== undefined && tls[other] !== undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `${name} and ${other} exclude each other`,
      });
  }
}

const timeoutMs = (initial: number, text: string) =>
  z.int().min(1).max(86_400_000).default(initial).describe(text);

/** One address of a service. */
export const Target = z.strictObject({
  address: TargetAddress,
  weight: z
    .int()
    .min(0)
    .max(1000)
    .default(100)
    .describe(
      'Share of the traffic, relative to the other targets; with 0 it receives no requests.',
    ),
});

export type Target = z.output<typeof Target>;

/** An upstream API. */
export const Service = z.strictObject({
  name: Name,
  protocol: z
    .enum(['http', 'https', 'h2c', 'h2'])
    .default('http')
    .describe(
      'The protocol of the targets: HTTP/1.1 (http), HTTP/1.1 over TLS (https), HTTP/2 (h2c) or HTTP/2 over TLS (h2).',
    ),
  targets: z
    .array(Target)
    .min(1)
    .max(1000)
    .describe('Addresses among which requests are balanced.'),
  basePath: z
    .string()
    .max(1024)
    .superRefine(inNormalForm)
    .default('/')
    .describe(
      'Prefix of every path sent upstream, in normal form. A trailing slash has no effect.',
    ),
  timeouts: z
    .strictObject({
      connectMs: timeoutMs(3_000, 'To connect to a target.'),
      firstByteMs: timeoutMs(
        30_000,
        'From the request being sent to the first byte of the response.',
      ),
      idleMs: timeoutMs(
        60_000,
        'Without a byte in either direction while content is in flight, and in a WebSocket once it is open.',
      ),
      totalMs: timeoutMs(
        60_000,
        'For the whole exchange with the upstream; streams may raise it. It does not count once a WebSocket is open.',
      ),
    })
    .prefault({})
    .describe('Time limits, in milliseconds.'),
  retries: z
    .strictObject({
      attempts: z
        .int()
        .min(0)
        .max(5)
        .default(1)
        .describe('Retries on other targets, when a request was not sent or is idempotent.'),
    })
    .prefault({}),
  health: z
    .strictObject({
      failures: z
        .int()
        .min(1)
        .max(1000)
        .default(3)
        .describe('Consecutive failures after which a target is ejected.'),
      ejectMs: z
        .int()
        .min(100)
        .max(3_600_000)
        .default(5_000)
        .describe(
          'Milliseconds for which a target stays ejected, before a request with a safe method tries it again.',
        ),
      failureStatuses: z
        .array(z.int().min(500).max(599))
        .max(100)
        .default([502, 503, 504])
        .describe(
          'Status codes that count as failures, besides resets and time-outs. Another 5xx counts neither as a failure nor as a success.',
        ),
    })
    .prefault({})
    .describe('Passive health checks: the node observes real traffic.'),
  tls: z
    .strictObject({
      verify: z.boolean().default(true).describe('Verify the certificate of the target.'),
      serverName: DnsName.optional().describe(
        'DNS name that is sent as SNI and verified. The default is the host of the target.',
      ),
      clientCertificate: Name.optional().describe(
        'Name of the certificate that is presented to targets that request one. Nodes read it from files, <name>.crt and <name>.key in the folder of SLUICE_CLIENT_CERT_DIR: the control plane never stores or streams the private key. A node without the files quarantines the service.',
      ),
      caCertificates: z
        .string()
        .max(49_152)
        .optional()
        .describe(
          'PEM certificates that are trusted in place of those of the system, 48 KiB at most: list only those that sign the targets, not a bundle.',
        ),
      certificate: Reference.meta({ since: 1, ifUnknown: 'refuse' })
        .optional()
        .describe(
          'The certificate that is presented to targets that request one, in place of clientCertificate.',
        ),
      cas: z
        .array(Reference)
        .min(1)
        .max(16)
        .meta({ since: 1, ifUnknown: 'refuse' })
        .optional()
        .describe('CAs that are trusted in place of those of the system, and of caCertificates.'),
    })
    .superRefine(refusePairs)
    .prefault({})
    .describe('TLS settings, for the protocols https and h2.'),
  connections: z
    .strictObject({
      max: z
        .int()
        .min(1)
        .max(65_535)
        .default(1_024)
        .describe(
          'Largest number of open connections to one target; with HTTP/2, where one connection carries many requests, at most 16.',
        ),
      queue: z
        .int()
        .min(0)
        .max(65_535)
        .default(1_024)
        .describe(
          'Largest number of requests that wait for a connection, each no longer than connectMs.',
        ),
    })
    .prefault({})
    .describe(
      'Connections of a node to each target, per process. One consumer or client address may use at most half of them, and so may all requests whose content is still arriving.',
    ),
  limits: RequestLimits,
  policies: PolicyAttachments,
  quotas: z
    .array(Reference)
    .max(16)
    .default([])
    .describe('Quotas counted over all requests of the service.'),
  tags: Tags,
});

export type Service = z.output<typeof Service>;

export const serviceKind = defineKind({
  name: 'service',
  collection: 'services',
  schema: Service,
  references: { 'tls/certificate': 'certificate', 'tls/cas/*': 'ca', 'quotas/*': 'quota' },
  delivery: 'by-gateway',
  example: () => ({ targets: [{ address: '127.0.0.1:9101' }, { address: '127.0.0.1:9102' }] }),
});
