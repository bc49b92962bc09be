import { definePolicy, deny, FieldName, isPreflight } from '@sluice/policy-sdk';
import { refererRestrictionSchema } from './schema.ts';

export const refererRestriction = definePolicy({
  schema: refererRestrictionSchema,
  compile({ hosts, allowMissing }) {
    const referer = new FieldName('referer');
    const exact = new Set(hosts.filter((host) => !host.startsWith('*.')));
    const suffixes = new Set(
      hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(2)),
    );
    const refusal = deny(
      refererRestrictionSchema.errors.referer_denied,
      'Call from a page of a host that is allowed.',
      [],
      'denied',
    );

    const isAllowed = (host: string): boolean => {
      if (exact.has(host)) return true;
      if (suffixes.size === 0) return false;
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1))
        if (suffixes.has(host.slice(dot + 1))) return true;
      return false;
    };

    return {
      receive(exchange) {
        const { headers } = exchange;
        if (isPreflight(exchange)) return undefined;
        if (!headers.has(referer)) return allowMissing ? undefined : refusal;
        const [value = '', ...further] = headers.getAll(referer);
        const host = further.length === 0 ? hostOf(value) : undefined;
        return host !== undefined && isAllowed(host) ? undefined : refusal;
      },
    };
  },
});

/**
 * The host of a Referer, as the URL standard normalises it; undefined when the value is no absolute
 * URL of a page. RFC 9110 section 10.1.3: it has no user information.
 */
function hostOf(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username === '' && url.password === '' ? url.hostname : undefined;
}
