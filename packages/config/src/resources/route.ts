import { parsePathPattern } from '@sluice/router';
import { boundedRecord, HeaderValue, HostPattern, Method, Name, Reference, Tags, unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
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
    if (Array.isArray(parsed)) for (const message of parsed) context.addIssue({ code: 'custom', message });
  })
  .describe('Exact "/orders", prefix by segment "/orders/*", template "/orders/{id}", or "~ " and a regular expression.');

const Split = z.strictObject({
  service: Reference,
  weight: z.int().min(0).max(1000).describe('Share of the traffic, relative to the other parts.'),
});

/** What a route asks of header fields: those that a request can have, each name once. */
const HeaderConditions = boundedRecord(HeaderValue, 64).superRefine((headers, context) => {
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const fault = unmatchableHeader(name) ?? (seen.has(lower) ? 'it stands here twice, in different cases' : undefined);
    seen.add(lower);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: `no request matches ${name}: ${fault}` });
  }
});

/** What a route asks of query parameters, decoded. */
const QueryConditions = boundedRecord(z.string().max(1024), 64).superRefine((query, context) => {
  for (const [name, value] of Object.entries(query)) {
    if (name === '') context.addIssue({ code: 'custom', path: [name], message: 'a parameter has a name' });
    if ((name + value).includes('\0') || !(name + value).isWellFormed()) {
      context.addIssue({ code: 'custom', path: [name], message: 'no request matches: NUL and lone surrogates never come in a query' });
    }
  }
});

/** What to match, and where it goes. */
export const Route = z
  .strictObject({
    name: Name,
    gateways: z.array(Reference).min(1).max(64).default(['default']).describe('Gateways that serve the route.'),
    hosts: z.array(HostPattern).max(64).default([]).describe('Empty: any host.'),
    paths: z.array(PathPattern).max(64).default([]).describe('Empty: any path.'),
    methods: z.array(Method).max(7).default([]).describe('Empty: any method.'),
    headers: HeaderConditions.default({}).describe('Header fields that must have exactly these values, at most 64.'),
    query: QueryConditions.default({}).describe('Query parameters that must have exactly these values, at most 64.'),
    service: Reference.optional().describe('Where requests go. A route without one needs a policy that answers by itself.'),
    split: z.array(Split).min(1).max(16).optional().describe('Instead of service: several, by weight.'),
    encodedSlashes: z
      .enum(['refuse', 'keep'])
      .default('refuse')
      .describe('What becomes of %2F and %5C in the path: "refuse" answers 400; "keep" passes them on encoded, unless the path, read with slashes in their place, leads to another route.'),
    rewrite: Rewrite.prefault({}),
    priority: z.int().min(-1_000_000).max(1_000_000).default(0).describe('Decides between routes that are equally specific; higher wins.'),
    limits: RequestLimits,
    policies: PolicyAttachments,
    quotas: z.array(Reference).max(16).default([]).describe('Quotas counted over all use of the route.'),
    tags: Tags,
  })
  .superRefine((route, context) => {
    for (const { path, message } of rewriteFaults(route)) context.addIssue({ code: 'custom', path: [...path], message });
    if (route.service !== undefined && route.split !== undefined) {
      context.addIssue({ code: 'custom', path: ['split'], message: 'service and split exclude each other' });
    }
    if (route.split !== undefined && route.split.every(({ weight }) => weight === 0)) {
      context.addIssue({ code: 'custom', path: ['split'], message: 'at least one weight must be above 0' });
    }
  });

export type Route = z.output<typeof Route>;
