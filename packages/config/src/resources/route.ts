import { parsePathPattern } from '@sluice/router';
import {
  boundedRecord,
  HeaderValue,
  HostPattern,
  Method,
  Name,
  Reference,
  Tags,
  unmatchableHeader,
} from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { PolicyAttachments } from '../policy-attachment.ts';
import { RequestLimits } from '../request-limits.ts';
import { Rewrite, rewriteFaults } from './rewrite.ts';

/** `/orders`, `/orders/*`, `/orders/{id}` or `~ ^/v\d+/orders$`. */
export const PathPattern = z
  .string()
  .min(1)
  .max(1024)
  .superRefine((text, context) => {
    const parsed = parsePathPattern(text);
    if (Array.isArray(parsed))
      for (const message of parsed) context.addIssue({ code: 'custom', message });
  })
  .describe(
    'Exact "/orders", prefix by segment "/orders/*", template "/orders/{id}", or "~ " and a regular expression.',
  );

const Split = z.strictObject({
  service: Reference,
  weight: z
    .int()
    .min(0)
    .max(1000)
    .describe('Share of the traffic, relative to the other services of the split.'),
});

/** Header fields that a route matches: only names that a request can have, each once. */
const HeaderConditions = boundedRecord(HeaderValue, 64).superRefine((headers, context) => {
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const fault =
      unmatchableHeader(name) ??
      (seen.has(lower) ? 'it is listed twice, in different cases' : undefined);
    seen.add(lower);
    if (fault !== undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `no request matches ${name}: ${fault}`,
      });
  }
});

/** Query parameters that a route matches, decoded. */
const QueryConditions = boundedRecord(z.string().max(1024), 64).superRefine((query, context) => {
  for (const [name, value] of Object.entries(query)) {
    if (name === '')
      context.addIssue({ code: 'custom', path: [name], message: 'a parameter needs a name' });
    if ((name + value).includes('\0') || !(name + value).isWellFormed()) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'no request matches: NUL and lone surrogates never appear in a query',
      });
    }
  }
});

/** Conditions that select requests, and the service that receives them. */
export const Route = z
  .strictObject({
    name: Name,
    gateways: z
      .array(Reference)
      .min(1)
      .max(64)
      .default(['default'])
      .describe('Gateways that serve the route. Without it: the gateway `default`.'),
    hosts: z
      .array(HostPattern)
      .max(64)
      .default([])
      .describe('Hosts that the route matches. Empty: any host.'),
    paths: z
      .array(PathPattern)
      .max(64)
      .default([])
      .describe('Paths that the route matches. Empty: any path.'),
    methods: z
      .array(Method)
      .max(7)
      .default([])
      .describe('Methods that the route matches. Empty: any method.'),
    headers: HeaderConditions.default({}).describe(
      'Header fields that must have exactly these values, at most 64.',
    ),
    query: QueryConditions.default({}).describe(
      'Query parameters that must have exactly these values, at most 64.',
    ),
    service: Reference.optional().describe(
      'The service that receives the requests. A route without a service or a split needs a policy that answers.',
    ),
    split: z
      .array(Split)
      .min(1)
      .max(16)
      .optional()
      .describe('Several services that share the requests by weight, in place of service.'),
    encodedSlashes: z
      .enum(['refuse', 'keep'])
      .default('refuse')
      .describe(
        'How to treat %2F and %5C in the path: "refuse" answers 400; "keep" passes them on encoded, unless the path with decoded slashes would match another route.',
      ),
    streams: z
      .enum(['end', 'keep'])
      .meta({ since: 1, ifUnknown: 'skip' })
      .optional()
      .describe(
        'What happens to open responses and WebSockets when the credential, token or session of the caller expires or is revoked. end, the default: they are ended within a second. keep: they go on.',
      ),
    rewrite: Rewrite.prefault({}),
    priority: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .default(0)
      .describe('Precedence among routes that are equally specific; the higher one wins.'),
    limits: RequestLimits,
    policies: PolicyAttachments,
    quotas: z
      .array(Reference)
      .max(16)
      .default([])
      .describe('Quotas counted over all requests of the route.'),
    tags: Tags,
  })
  .superRefine((route, context) => {
    for (const { path, message } of rewriteFaults(route))
      context.addIssue({ code: 'custom', path: [...path], message });
    if (route.service !== undefined && route.split !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['split'],
        message: 'service and split exclude each other',
      });
    }
    if (route.split !== undefined && route.split.every(({ weight }) => weight === 0)) {
      context.addIssue({
        code: 'custom',
        path: ['split'],
        message: 'at least one weight must be above 0',
      });
    }
  });

export type Route = z.output<typeof Route>;

export const routeKind = defineKind({
  name: 'route',
  collection: 'routes',
  schema: Route,
  references: {
    'gateways/*': 'gateway',
    service: 'service',
    'split/*/service': 'service',
    'quotas/*': 'quota',
  },
  delivery: 'by-gateway',
  example: (name) => ({
    paths: [`/${name}/*`],
    policies: [{ name: 'static-response', config: { content: 'Hello from Sluice' } }],
  }),
});
