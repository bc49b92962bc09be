import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { spanAttributes, writeSpanAttributes } from '@sluice/telemetry';
import type { NodeIdentity } from '../features/nodes/node-session.ts';
import type { EncodedDelta } from '../features/revisions/revision-feed/delta-ring.ts';
import type { ControlPlaneMetrics } from '../platform/metrics/control-plane-metrics.ts';
import { beginSpanAbout } from '../platform/tracing/spans.ts';

/**
 * What became of a delta that was sent. `unanswered`: the stream ended, or the node began again
 * with a snapshot.
 */
export type DeliveryOutcome = 'applied' | 'refused' | 'unanswered';

/**
 * One delta on its way to one node, from the write to the stream until the node has answered: a
 * span when a write in it is traced, and a sample of the time from commit to applied. A span of the
 * stream itself would last as long as the node.
 */
export class Delivery {
  private readonly span: Span | undefined;

  constructor(
    private readonly delta: Omit<EncodedDelta, 'frame'>,
    identity: NodeIdentity,
    private readonly metrics: ControlPlaneMetrics | undefined,
  ) {
    this.span = beginSpanAbout(delta.traceparents, 'deliver revision', SpanKind.CLIENT, {
      [spanAttributes.revision]: delta.revision,
      [writeSpanAttributes.node]: identity.id,
      [writeSpanAttributes.gateway]: identity.gatewayId,
    });
  }

  /** The delivery is over. Call it once. */
  end(outcome: DeliveryOutcome): void {
    const { committedAtMs } = this.delta;
    if (outcome === 'applied' && committedAtMs !== undefined) {
      this.metrics?.commitToApplied.record(Math.max(0, performance.now() - committedAtMs) / 1_000);
    }
    if (this.span === undefined) return;
    this.span.setAttribute(writeSpanAttributes.outcome, outcome);
    if (outcome !== 'applied') {
      this.span.setAttribute(spanAttributes.errorType, outcome);
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}
