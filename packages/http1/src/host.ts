/**
 * The host of a request, in the canonical form that routes, policies and upstreams see.
 */
import { http1Faults } from './faults.ts';
import type { Http1Fault } from './faults.ts';

/** A host and its port, from a Host header or an authority. */
export interface HostAndPort {
  /** Lower case, without a trailing dot; an IPv6 address in brackets, in its shortest form. */
  readonly host: string;
  readonly port: number | undefined;
}

const MAX_HOST_CHARACTERS = 253;
/**
 * Labels of letters, digits, `-` and `_` (names of services in container networks contain it); no
 * label is empty.
 */
const HOST_NAME = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;
const IPV6_LITERAL = /^\[[0-9a-f:.]{2,45}\]$/;
const PORT = /^[1-9][0-9]{0,4}$/;

/**
 * Reads the value of a Host header, or an authority without user information: RFC 9110 section 7.2,
 * RFC 3986 section 3.2.2, without percent-encoded names. Internationalised names must be in their
 * ASCII form. An empty port (`name:`) counts as no port: RFC 3986 section 3.2.3.
 *
 * @returns the fault `invalid_host` or `invalid_port` for everything else
 */
export function normalizeHost(value: string): HostAndPort | Http1Fault {
  const colon = value.lastIndexOf(':');
  if (colon < 0) return withPort(value, undefined);
  if (value.endsWith(']')) return withPort(value, undefined);
  const port = value.slice(colon + 1);
  if (port === '') return withPort(value.slice(0, colon), undefined);
  const number = PORT.test(port) ? Number(port) : 0;
  if (number === 0 || number > 65535) return http1Faults.invalid_port;
  return withPort(value.slice(0, colon), number);
}

function withPort(value: string, port: number | undefined): HostAndPort | Http1Fault {
  let host = value.toLowerCase();
  if (host.startsWith('[')) {
    const address = IPV6_LITERAL.test(host) ? URL.parse(`http://${host}/`)?.hostname : undefined;
    return address === undefined ? http1Faults.invalid_host : { host: address, port };
  }
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (host.length > MAX_HOST_CHARACTERS || !HOST_NAME.test(host)) return http1Faults.invalid_host;
  return { host, port };
}
