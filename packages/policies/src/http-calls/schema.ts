import { HeaderName, HeaderValue, boundedRecord, isPublicAddress, secret } from '@sluice/schema';
import { z } from 'zod';

/** Settings that policies which call HTTP services have in common. */

/** An absolute URL of `http:` or `https:`, without credentials and fragment. */
export const HttpUrl = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    const fault = urlFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

export const AllowPrivateAddresses = z
  .boolean()
  .default(false)
  .describe(
    'Allow addresses that are not public: private, loopback, link-local and the like. Needed for services in the same network.',
  );

const ofCall = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Says why a policy cannot send a field of this name; undefined when it can. */
export function unsendableHeader(name: string): string | undefined {
  return ofCall.has(name.toLowerCase().replaceAll(/[_.]/g, '-'))
    ? 'belongs to the connection'
    : undefined;
}

/**
 * Fields with the same value in each call, such as a token. The values are secrets. Their stored
 * form has only characters that a field value may have, and can be longer than the values of other
 * fields.
 */
export const ConstantHeaders = boundedRecord(secret(z.string().min(1).max(16_384)), 20).superRefine(
  (fields, context) => {
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(fields)) {
      const fault =
        HeaderName.safeParse(name).error?.issues[0]?.message ??
        unsendableHeader(name) ??
        (seen.has(name.toLowerCase()) ? 'is listed twice' : undefined);
      seen.add(name.toLowerCase());
      // The message must not repeat the value.
      const message = fault === undefined ? valueFault(value) : `${name} ${fault}`;
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
    }
  },
);

/** Says which characters a field value may have, when this one has others. */
function valueFault(value: string): string | undefined {
  return HeaderValue.safeParse(value).error?.issues.find(({ code }) => code !== 'too_big')?.message;
}

/**
 * Refuses a URL whose host is visibly not public while the configuration does not allow that: the
 * calls would all fail. Names are resolved and checked for each connection.
 * @param property the name of the URL in the configuration
 */
export function checkPrivateAddress(
  { url, allowPrivateAddresses }: { url: string; allowPrivateAddresses: boolean },
  context: z.core.$RefinementCtx,
  property = 'url',
): void {
  const message = privateAddressFault(url, allowPrivateAddresses);
  if (message !== undefined) context.addIssue({ code: 'custom', path: [property], message });
}

/** Says that the host of a URL is visibly not public, and how to allow it; undefined otherwise. */
export function privateAddressFault(
  url: string,
  allowPrivateAddresses: boolean,
): string | undefined {
  const { hostname } = URL.parse(url) ?? { hostname: '' };
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const isAddress = hostname !== host || /^[\d.]+$/.test(host);
  const isPrivate = host === 'localhost' || (isAddress && !isPublicAddress(host));
  return isPrivate && !allowPrivateAddresses
    ? `${host} is not a public address: set "allowPrivateAddresses" to true`
    : undefined;
}

function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'not an absolute URL of http: or https:, such as https://logs.example.com/ingest';
  if (url.username !== '' || url.password !== '')
    return 'a URL contains no credentials: send them in "headers"';
  return url.hash === '' ? undefined : 'a URL of a call has no fragment (#)';
}
