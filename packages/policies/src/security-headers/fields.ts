import { FieldName } from '@sluice/policy-sdk';
import type { z } from 'zod';
import type { securityHeadersSchema } from './schema.ts';

type Config = z.output<typeof securityHeadersSchema.config>;

/** A response field that the policy sends, with the same value in each response. */
export interface SecurityField {
  readonly name: FieldName;
  readonly value: string;
  /** Sent in responses over TLS only. */
  readonly needsTls: boolean;
}

/** The fields of a configuration, prepared once. */
export function fieldsOf(config: Config): SecurityField[] {
  const { strictTransportSecurity: hsts, frameAncestors } = config;
  const values: readonly (readonly [string, string | false | undefined])[] = [
    ['Strict-Transport-Security', hsts && transportSecurity(hsts)],
    ['X-Content-Type-Options', config.contentTypeOptions && 'nosniff'],
    ['Referrer-Policy', config.referrerPolicy],
    ['Content-Security-Policy', contentSecurity(config)],
    ['X-Frame-Options', typeof frameAncestors === 'string' && frameOptions[frameAncestors]],
    ['Permissions-Policy', config.permissionsPolicy],
    ['Cross-Origin-Opener-Policy', config.crossOriginOpenerPolicy],
    ['Cross-Origin-Embedder-Policy', config.crossOriginEmbedderPolicy],
    ['Cross-Origin-Resource-Policy', config.crossOriginResourcePolicy],
  ];
  return values.flatMap(([name, value]) =>
    value === undefined || value === false
      ? []
      : [
          {
            name: new FieldName(name),
            value,
            // RFC 6797 section 7.2: never over a connection that an attacker can change.
            needsTls: name === 'Strict-Transport-Security',
          },
        ],
  );
}

/** RFC 7034; for browsers that do not know frame-ancestors. */
const frameOptions = { none: 'DENY', self: 'SAMEORIGIN' } as const;

function transportSecurity({
  maxAgeSeconds,
  includeSubDomains,
  preload,
}: Exclude<Config['strictTransportSecurity'], false>): string {
  const subDomains = includeSubDomains ? '; includeSubDomains' : '';
  return `max-age=${maxAgeSeconds}${subDomains}${preload ? '; preload' : ''}`;
}

function contentSecurity({ contentSecurityPolicy, frameAncestors }: Config): string | undefined {
  if (frameAncestors === undefined) return contentSecurityPolicy;
  const sources =
    typeof frameAncestors === 'string' ? `'${frameAncestors}'` : frameAncestors.join(' ');
  const ancestors = `frame-ancestors ${sources}`;
  if (contentSecurityPolicy === undefined) return ancestors;
  return `${contentSecurityPolicy.replace(/[;\s]+$/, '')}; ${ancestors}`;
}
