import { listItems, removeHopByHop } from '@sluice/http1';
import { hideParts, runPolicies, type Verdict } from '@sluice/policy-sdk/run';
import type { Exchange } from './exchange.ts';
import { agreesWithScheme, forwardedScheme, portOfScheme } from './forwarded-scheme.ts';
import { addIdentity } from './identity-fields.ts';
import { refuseLoop } from './loops.ts';
import { ownFields } from './own-fields.ts';
import { rewriteTarget } from './rewrite.ts';
import { passOnTracestate } from './trace-fields.ts';

/**
 * Prepares the request's target and fields for the upstream: rewrites the path, removes hop-by-hop
 * fields, runs the transform policies, and adds the forwarding fields. Refuses a target that is not
 * in normal form, and a request in a forwarding loop.
 */
export function transform(exchange: Exchange): Verdict | Promise<Verdict> {
  const refusal = rewriteTarget(exchange) ?? refuseLoop(exchange);
  if (refusal !== undefined) return refusal;
  // Before the gateway's fields are added, so that a client cannot remove them by naming them in
  // Connection (RFC 9110 section 7.6.1).
  removeHopByHop(exchange.headers, exchange.runtime.protectedFields.hopByHop);
  // Before the transform policies run, so that a field of the same name that they set is kept.
  const { hiddenParts } = exchange;
  if (hiddenParts !== undefined) hideParts(exchange, hiddenParts);
  const policies = exchange.pipeline.transform;
  const verdict = policies === undefined ? undefined : runPolicies(policies, 0, exchange);
  if (verdict instanceof Promise)
    return verdict.then((late) => late ?? addForwardingFields(exchange.current));
  return verdict ?? addForwardingFields(exchange);
}

function addForwardingFields(exchange: Exchange): undefined {
  const { headers, downstream, proxy } = exchange;
  const peer = downstream.peerAddress;
  // An HTTP/1.0 request may have no Host.
  const hasHost = downstream.authority !== '';
  if (exchange.isPeerTrusted) {
    const before = headers.getAll(ownFields.forwardedFor).join(', ');
    headers.setOwn(ownFields.forwardedFor, before === '' ? peer : `${before}, ${peer}`);
    addTrustedOrigin(exchange);
  } else {
    // The client's own forwarding fields were removed before the route was matched.
    headers.setOwn(ownFields.forwardedFor, peer);
    headers.setOwn(ownFields.forwardedProto, exchange.scheme);
    if (hasHost) headers.setOwn(ownFields.forwardedHost, downstream.authority);
    headers.setOwn(ownFields.forwardedPort, proxy.portText.of(downstream.localPort));
  }
  addForwardedPrefix(exchange);
  headers.addOwn(
    ownFields.via,
    exchange.downstream.protocol === '2' ? proxy.viaHttp2 : proxy.viaHttp1,
  );
  headers.setOwn(ownFields.requestId, exchange.requestId);
  passOnTracestate(exchange);
  addIdentity(exchange);
  return undefined;
}

/** Appends the stripped prefix to the prefixes that earlier proxies stripped. */
function addForwardedPrefix({ plan, path, headers, outgoing }: Exchange): void {
  const stripped = outgoing?.path === undefined ? (plan?.rewrite?.stripped(path) ?? '') : '';
  if (stripped === '') return;
  let before = '';
  for (const prefix of headers.getAll(ownFields.forwardedPrefix).join(',').split(','))
    before += prefix.trim().replace(/\/$/, '');
  headers.set(ownFields.forwardedPrefix, before + stripped);
}

/**
 * Completes the trusted proxy's forwarding fields. Scheme and port come from the same source, so
 * that they cannot contradict each other: the proxy when it sent a known scheme, otherwise this
 * connection.
 */
function addTrustedOrigin({ headers, downstream, scheme, proxy }: Exchange): void {
  if (downstream.authority !== '' && !headers.has(ownFields.forwardedHost))
    headers.setOwn(ownFields.forwardedHost, downstream.authority);
  if (forwardedScheme(headers) === undefined) {
    headers.setOwn(ownFields.forwardedProto, scheme);
    headers.setOwn(ownFields.forwardedPort, proxy.portText.of(downstream.localPort));
  } else if (!agreesWithScheme(listItems(headers.getAll(ownFields.forwardedPort)).at(-1), scheme)) {
    const host = listItems(headers.getAll(ownFields.forwardedHost)).at(-1) ?? '';
    headers.setOwn(ownFields.forwardedPort, portOfScheme(scheme, host));
  }
}
