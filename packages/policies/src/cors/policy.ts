import {
  definePolicy,
  listItems,
  preflightMethod,
  reply,
  type Exchange,
  type HeaderPair,
  type ResponseHead,
} from '@sluice/policy-sdk';
import { originMatcher } from './origin-matcher.ts';
import { corsSchema } from './schema.ts';

/** Fields that only this policy sets, https://fetch.spec.whatwg.org/#http-responses. */
const ourFields = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
];
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const cors = definePolicy({
  schema: corsSchema,
  compile(config) {
    const isAllowed = originMatcher(config.origins);
    const everyOrigin = config.origins.includes('*');
    const methods = config.methods.join(', ');
    const headers = config.headers?.join(', ');
    const exposed = config.exposedHeaders.join(', ');
    const maxAge = String(config.maxAgeSeconds);

    /**
     * The fields of a preflight response, https://fetch.spec.whatwg.org/#cors-preflight-fetch. The
     * origin is added in `respond`.
     */
    function permissions(asked: readonly string[]): HeaderPair[] {
      const permitted =
        headers ?? (asked.every((name) => headerName.test(name)) ? asked.join(', ') : '');
      const fields: HeaderPair[] = [['Access-Control-Allow-Methods', methods]];
      if (permitted !== '') fields.push(['Access-Control-Allow-Headers', permitted]);
      fields.push(['Access-Control-Max-Age', maxAge]);
      return fields;
    }

    function receive(exchange: Exchange) {
      if (preflightMethod(exchange) === undefined) return undefined;
      const origin = exchange.headers.get('origin') ?? '';
      // The browser enforces the rules: an origin that is not allowed gets no fields, and so no
      // access.
      const fields = isAllowed(origin)
        ? permissions(listItems(exchange.headers.getAll('access-control-request-headers')))
        : [];
      if (config.headers === undefined) fields.push(['Vary', 'Access-Control-Request-Headers']);
      return reply(204, fields);
    }

    function respond(exchange: Exchange, response: ResponseHead): void {
      const fields = response.headers;
      if (response.origin === 'upstream') for (const name of ourFields) fields.remove(name);
      // Also without Origin: a cache must not give this response to a script that sends one.
      if (!everyOrigin) addVary(response, 'Origin');
      const [origin, ...further] = exchange.headers.getAll('origin');
      if (origin === undefined || further.length > 0 || !isAllowed(origin)) return;
      fields.set('Access-Control-Allow-Origin', everyOrigin ? '*' : origin);
      if (config.credentials) fields.set('Access-Control-Allow-Credentials', 'true');
      if (exposed !== '') fields.set('Access-Control-Expose-Headers', exposed);
    }

    return { receive, respond };
  },
});

/** Adds a name to Vary, unless it is listed already or Vary is `*`. RFC 9110 section 12.5.5. */
function addVary({ headers }: ResponseHead, name: string): void {
  const present = listItems(headers.getAll('vary'));
  if (!present.some((each) => each === '*' || each.toLowerCase() === name.toLowerCase()))
    headers.add('Vary', name);
}
