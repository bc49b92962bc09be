import { parsePathPattern } from '@sluice/router';
import { HeaderName, HeaderValue, HostPattern, Method, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
import { PolicyAttachments } from '../policy-attachment.ts';
import { RequestLimits } from '../request-limits.ts';

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

const Rewrite = z
  .strictObject({
    stripPrefix: z.string().max(1024).regex(/^\/[^?#\s]*$/, 'begin with "/"').optional().describe('Removed from the front of the path, by segment.'),
    path: z
      .string()
      .max(1024)
      .regex(/^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|\{[A-Za-z_][A-Za-z0-9_]*\})*$/, 'begin with "/" and use plain path characters or {name}')
      .optional()
      .describe("A new path; {name} stands for a segment named in the route's pattern."),
    host: z.string().min(1).max(253).default('target').describe('"target", "preserve", or the Host to send.'),
  })
  .refine((rewrite) => rewrite.stripPrefix === undefined || rewrite.path === undefined, {
    message: 'stripPrefix and path exclude each other',
    path: ['path'],
  });

/** What to match, and where it goes. */
export const Route = z
  .strictObject({
    name: Name,
    gateways: z.array(Reference).min(1).max(64).default(['default']).describe('Gateways that serve the route.'),
    hosts: z.array(HostPattern).max(64).default([]).describe('Empty: any host.'),
    paths: z.array(PathPattern).max(64).default([]).describe('Empty: any path.'),
    methods: z.array(Method).max(7).default([]).describe('Empty: any method.'),
    headers: z.record(HeaderName, HeaderValue).default({}).describe('Header fields that must have exactly these values.'),
    query: z.record(z.string().min(1).max(128), z.string().max(1024)).default({}).describe('Query parameters that must have exactly these values.'),
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
    if (route.service !== undefined && route.split !== undefined) {
      context.addIssue({ code: 'custom', path: ['split'], message: 'service and split exclude each other' });
    }
    if (route.split !== undefined && route.split.every(({ weight }) => weight === 0)) {
      context.addIssue({ code: 'custom', path: ['split'], message: 'at least one weight must be above 0' });
    }
  });

export type Route = z.output<typeof Route>;
