import { listItems, removeHopByHop } from '@sluice/http1';
import type { Verdict } from '../runtime/guard.ts';
import type { Exchange } from './exchange.ts';
import { forwardedScheme, portOfScheme } from './forwarded-scheme.ts';
import { addIdentity } from './identity-fields.ts';
import { refuseLoop } from './loops.ts';
import { ownFields } from './own-fields.ts';
import { rewriteTarget } from './rewrite.ts';
import { runPolicies } from './run-phase.ts';
import { passOnTracestate } from './trace-fields.ts';

/**
 * Makes the request's target and fields what the upstream is to see: the path is rewritten, what belongs to this hop goes,
 * policies change, ours are added. Refuses a target that is not normal, and a request that goes around in circles.
 */
export function transform(exchange: Exchange): Verdict | Promise<Verdict> {
  const refusal = rewriteTarget(exchange) ?? refuseLoop(exchange);
  if (refusal !== undefined) return refusal;
  // Before ours are added: a client cannot have ours removed by nominating them in Connection (RFC 9110 section 7.6.1).
  removeHopByHop(exchange.headers);
  // Before policies change the request: what the operator sets under the same name for the upstream stays.
  const { hiddenFields } = exchange;
  if (hiddenFields !== undefined) for (const name of hiddenFields) exchange.headers.remove(name);
  const policies = exchange.pipeline.transform;
  const verdict = policies === undefined ? undefined : runPolicies(policies, 0, exchange);
  if (verdict instanceof Promise) return verdict.then((late) => late ?? addForwardingFields(exchange.current));
  return verdict ?? addForwardingFields(exchange);
}

function addForwardingFields(exchange: Exchange): undefined {
  const { headers, downstream } = exchange;
  const peer = downstream.peerAddress;
  // A request of HTTP/1.0 may name no host.
  const hasHost = downstream.authority !== '';
  if (exchange.isPeerTrusted) {
    const before = headers.getAll(ownFields.forwardedFor).join(', ');
    headers.setOwn(ownFields.forwardedFor, before === '' ? peer : `${before}, ${peer}`);
    addTrustedOrigin(exchange);
  } else {
    // What the client said of this was removed before its route was looked for.
    headers.setOwn(ownFields.forwardedFor, peer);
    headers.setOwn(ownFields.forwardedProto, exchange.scheme);
    if (hasHost) headers.setOwn(ownFields.forwardedHost, downstream.authority);
    headers.setOwn(ownFields.forwardedPort, portText(downstream.localPort));
  }
  addForwardedPrefix(exchange);
  headers.addOwn(ownFields.via, exchange.downstream.protocol === '2' ? exchange.proxy.viaHttp2 : exchange.proxy.viaHttp1);
  headers.setOwn(ownFields.requestId, exchange.requestId);
  passOnTracestate(exchange);
  addIdentity(exchange);
  return undefined;
}

/** What was stripped, behind what the proxies in front have stripped; nothing when nothing was. */
function addForwardedPrefix({ plan, path, headers }: Exchange): void {
  const stripped = plan?.rewrite?.stripped(path) ?? '';
  if (stripped === '') return;
  let before = '';
  for (const prefix of headers.getAll(ownFields.forwardedPrefix).join(',').split(',')) before += prefix.trim().replace(/\/$/, '');
  headers.set(ownFields.forwardedPrefix, before + stripped);
}

/**
 * What the trusted proxy tells stays. Scheme and port are told by one side, so that they cannot contradict each other: by
 * the proxy when it tells a scheme that is known, otherwise by this connection.
 */
function addTrustedOrigin({ headers, downstream, scheme }: Exchange): void {
  if (downstream.authority !== '' && !headers.has(ownFields.forwardedHost)) headers.setOwn(ownFields.forwardedHost, downstream.authority);
  if (forwardedScheme(headers) === undefined) {
    headers.setOwn(ownFields.forwardedProto, scheme);
    headers.setOwn(ownFields.forwardedPort, portText(downstream.localPort));
  } else if (listItems(headers.getAll(ownFields.forwardedPort)).length === 0) {
    const host = listItems(headers.getAll(ownFields.forwardedHost)).at(-1) ?? '';
    headers.setOwn(ownFields.forwardedPort, portOfScheme(scheme, host));
  }
}

let lastPort = 0;
let lastPortText = '0';

/** A listener has one port or two: making the text anew for each request would be the dearest part of this step. */
function portText(port: number): string {
  if (port !== lastPort) {
    lastPort = port;
    lastPortText = String(port);
  }
  return lastPortText;
}
