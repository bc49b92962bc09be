import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

/**
 * Matches a literal host or {host}, followed by the end or by a character that cannot be part of a
 * host. {query} may be empty, so what follows it is checked too.
 */
const absolute =
  /^https?:\/\/(?:\{host\}|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=(?:\{query\})*(?:$|[/?#]|\{path\}))/i;
/** A path on the same host. A second slash, or {path} after a slash, would start another host. */
const relative = /^(?:\{path\}|\/(?![/\\]|\{path\}))/;
const placeholder = /\{([^{}]*)\}/g;
const known = new Set(['path', 'query', 'host']);

/**
 * Says what is wrong with a template for Location, or undefined. The template alone decides the
 * host: the client contributes path, query and its own host, never another one.
 */
export function templateFault(template: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(template)) return 'use visible ASCII without spaces';
  if (!absolute.test(template) && !relative.test(template)) {
    return 'begin with http:// or https:// and a host (or {host}), with one slash, or with {path}';
  }
  for (const [whole, name = ''] of template.matchAll(placeholder)) {
    if (!known.has(name)) return `${whole} is not known: use {path}, {query} and {host}`;
  }
  if (/[{}]/.test(template.replaceAll(placeholder, '')))
    return 'a brace is not part of a placeholder: use {path}, {query} and {host}';
  const example = template
    .replaceAll('{host}', 'example.com')
    .replaceAll('{path}', '/a')
    .replaceAll('{query}', '');
  return URL.canParse(example, 'https://example.com/')
    ? undefined
    : 'not a URL: look at the host and the port';
}

const location = z
  .string()
  .max(2048)
  .superRefine((template, context) => {
    const message = templateFault(template);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const redirectSchema = definePolicySchema({
  name: 'redirect',
  summary: 'Redirects the client to another location.',
  phases: ['receive'],
  answers: true,
  config: z
    .strictObject({
      scheme: z
        .literal('https')
        .optional()
        .describe('Redirect http requests to the same URL with https; https requests pass.'),
      port: z.int().min(1).max(65_535).default(443).describe('The port for https, with "scheme".'),
      location: location
        .optional()
        .describe(
          'Where to redirect every request: a template with {path}, {query} (with its question mark) and {host}.',
        ),
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
        .default(308)
        .describe(
          '301, 302, 303, 307 or 308. 307 and 308 keep method and content; clients cache 301 and 308.',
        ),
    })
    .refine(
      ({ scheme, location: template }) => (scheme === undefined) !== (template === undefined),
      {
        message: 'set either "scheme" or "location"',
      },
    ),
});
