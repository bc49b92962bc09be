import type { ErrorCode } from '@sluice/errors';
import type { AccessLog, GatewayMetrics, RouteMetrics, Tracer } from '@sluice/telemetry';
import type { Overload } from '../overload/overload.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ServedGateway } from '../runtime/served.ts';
import type { Refusal } from './downstream.ts';

/** Counts refusals by policy. */
export interface PolicyDenials {
  add(policy: string, mode: 'enforce' | 'shadow'): void;
}

/** Where a failure happened, for whoever looks into it. */
export interface FailureFacts {
  readonly requestId: string;
  readonly targetAddress: string | undefined;
  readonly service: { readonly name: string } | undefined;
}

/** What exchanges need of the process they run in. */
export interface ProxyServices {
  /** The configuration in service right now. */
  runtime(): Runtime;
  newRequestId(): string;
  /** Whether the process keeps up. */
  readonly overload: Overload;
  readonly tracer: Tracer;
  /** Undefined when it is switched off. */
  readonly accessLog: AccessLog | undefined;
  readonly metrics: GatewayMetrics;
  /** Counts requests no route matched. */
  readonly unmatched: RouteMetrics;
  readonly denials: PolicyDenials;
  /** Stands in while there is no configuration: it serves no route. */
  readonly noGateway: ServedGateway;
  /** Values of the Via field, RFC 9110 section 7.6.3, by the protocol the message was received with. */
  readonly viaHttp1: string;
  readonly viaHttp2: string;
  /** There is no response of a target, or not a whole one: the reason is for the log, never for the client. */
  noteFailure(facts: FailureFacts, code: ErrorCode, reason: string): void;
  /** A policy failed, and its `onError` decided what happens. */
  notePolicyFault(policy: string, fault: unknown, requestId: string): void;
  /** The listener refused a message; `reason` says what exactly was wrong with it. */
  noteRefusal(refusal: Refusal, requestId: string): void;
  /** Something that should not happen did: the fault behind a 500. */
  noteFault(fault: unknown, requestId: string): void;
}
