import { FieldName, type Exchange } from '@sluice/policy-sdk';

const upgrade = new FieldName('upgrade');
const origin = new FieldName('origin');
const form = /^https?:\/\/(\[[0-9a-f:.]+\]|[^/:?#@]+)(?::\d+)?$/i;

/**
 * Whether a request asks for an upgrade, and comes from a web page of another host. A browser adds
 * cookies to the WebSocket handshakes of every page, so a cookie alone does not show that the page
 * may act for its user (RFC 6455 section 10.2). Requests without Origin come from other programs.
 * @param allowed origins of other hosts that may do so, in lower case
 */
export function isForeignUpgrade(
  { headers, host }: Pick<Exchange, 'headers' | 'host'>,
  allowed: ReadonlySet<string>,
): boolean {
  if (!headers.has(upgrade) || !headers.has(origin)) return false;
  return headers.getAll(origin).some((value) => {
    const written = value.toLowerCase();
    return !allowed.has(written) && form.exec(written)?.[1] !== host;
  });
}
