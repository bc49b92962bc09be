import { definePolicy, deny, FieldName, type Exchange } from '@sluice/policy-sdk';
import { originMatcher } from '../cors/origin-matcher.ts';
import { isOwnOrigin } from './own-origin.ts';
import { csrfSchema } from './schema.ts';

/** RFC 9110, section 9.2.1, and QUERY. They change nothing, so pages of others may cause them. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);

export const csrf = definePolicy({
  schema: csrfSchema,
  compile({ origins, cookies, always, allowMissing }) {
    const cookie = new FieldName('cookie');
    const upgrade = new FieldName('upgrade');
    const site = new FieldName('sec-fetch-site');
    const originField = new FieldName('origin');
    const isListed = originMatcher(origins);
    const names = new Set(cookies);
    const refusal = deny(
      csrfSchema.errors.cross_site_request,
      'Make this request from a page of the same origin, or ask for your origin to be allowed.',
      [],
      'denied',
    );

    // A page can open a WebSocket to any origin, and the browser sends the cookies of that one.
    const isWebSocket = ({ headers }: Exchange): boolean =>
      headers.has(upgrade) &&
      headers.getAll(upgrade).some((value) => value.toLowerCase().includes('websocket'));

    const hasCookie = ({ headers }: Exchange): boolean =>
      headers.has(cookie) &&
      (names.size === 0 ||
        headers
          .getAll(cookie)
          .some((value) => value.split(';').some((pair) => names.has(nameOf(pair)))));

    // https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header, sent by browsers since 2023 to
    // origins with TLS; Origin is sent by all of them, for every method that is not safe.
    const isOfSameSite = (exchange: Exchange): boolean => {
      const { headers } = exchange;
      const [origin, ...further] = headers.has(originField) ? headers.getAll(originField) : [];
      if (further.length > 0) return false;
      if (origin !== undefined && isListed(origin)) return true;
      const sites = headers.has(site) ? headers.getAll(site) : [];
      if (sites.length > 0) return sites.every((each) => each === 'same-origin' || each === 'none');
      return origin === undefined ? allowMissing : isOwnOrigin(origin, exchange);
    };

    return {
      receive(exchange) {
        if (safeMethods.has(exchange.method) && !isWebSocket(exchange)) return undefined;
        if (!always && !hasCookie(exchange)) return undefined;
        return isOfSameSite(exchange) ? undefined : refusal;
      },
    };
  },
});

function nameOf(pair: string): string {
  const end = pair.indexOf('=');
  return (end < 0 ? pair : pair.slice(0, end)).trim();
}
