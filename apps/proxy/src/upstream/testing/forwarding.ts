import { catalogue } from '@sluice/errors';
import { HeaderList, removeHopByHop } from '@sluice/http1';
import type { ContentSource } from '../../net/content.ts';
import type { AbortListener, Downstream } from '../../exchange/downstream.ts';
import type { Tunnel } from '../../exchange/tunnel.ts';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamFailure,
  UpstreamTarget,
  UpstreamTimeouts,
} from '../../exchange/upstream-call.ts';

const timeouts: UpstreamTimeouts = {
  connectMs: 3_000,
  firstByteMs: 3_000,
  idleMs: 3_000,
  totalMs: 30_000,
};

/** Connects a listener directly to a target, without routes, policies and retries. Tests only. */
export function forwardTo(target: UpstreamTarget): (downstream: Downstream) => void {
  return (downstream) => new Forwarding(downstream).begin(target);
}

class Forwarding implements UpstreamEvents, AbortListener {
  private readonly downstream: Downstream;
  private call: UpstreamCall | undefined = undefined;

  constructor(downstream: Downstream) {
    this.downstream = downstream;
  }

  begin(target: UpstreamTarget): void {
    const { downstream } = this;
    removeHopByHop(downstream.headers, { keepTrailers: true });
    downstream.abortListener = this;
    const requestTarget =
      downstream.query === '' ? downstream.path : `${downstream.path}?${downstream.query}`;
    const { method, authority, headers, content, wantsUpgrade: upgrade } = downstream;
    this.call = target.send(
      { method, requestTarget, authority, headers, content, upgrade },
      timeouts,
      this,
    );
  }

  onAborted(): void {
    this.call?.abort();
  }

  onInterim(status: number, headers: HeaderList): void {
    this.downstream.sendInterim(status, headers);
  }

  onResponse(status: number, headers: HeaderList, content: ContentSource): void {
    this.downstream.stream(
      status,
      headers,
      content,
      () => (this.downstream.abortListener = undefined),
    );
  }

  onUpgrade(headers: HeaderList, tunnel: Tunnel): void {
    this.downstream.upgrade(headers, tunnel, () => undefined);
  }

  onFailure(failure: UpstreamFailure): void {
    this.downstream.respond(catalogue[failure.code].status, new HeaderList(), failure.code);
  }
}
