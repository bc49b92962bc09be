import { errorEntry, problem, problemMediaType, type ErrorCode } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import { ContentFault } from '../content-fault.ts';
import type { ResponseHead } from '../exchange.ts';
import type { Clock } from '../host.ts';
import type { Outcome } from '../outcome.ts';
import { isRequestPhase, phases, type Phase, type RequestPhase } from '../phases.ts';
import { deny, type Reply } from '../reply.ts';
import { FinalHead } from '../run/final-head.ts';
import type { Pipeline } from '../run/pipeline.ts';
import { runPolicies, runSettle } from '../run/run-phase.ts';
import { bytesOf } from './test-content.ts';
import type { TestExchange, TestRequest } from './test-exchange.ts';
import { TestUpstreamResponse } from './test-upstream-response.ts';

/**
 * The response as the client sees it. `content` is undefined when the upstream made it and neither
 * the test nor a policy has given it content.
 */
export type TestResponse = ResponseHead & { readonly content: string | Uint8Array | undefined };

/** The request to the upstream. */
interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  readonly service: string | undefined;
}

/** One request through the pipeline, run by the gateway's runner. */
export class TestRun {
  exchange: TestExchange;
  reply: Reply | undefined;
  forwarded: Forwarded | undefined;
  outcome: Outcome | undefined;
  readonly phasesRun: Phase[] = [];
  private readonly pipeline: Pipeline;
  private readonly clock: Clock;

  constructor(pipeline: Pipeline, exchange: TestExchange, clock: Clock) {
    this.clock = clock;
    this.pipeline = pipeline;
    this.exchange = exchange;
  }

  /**
   * Runs all phases and returns the response. Rejects with the fault of a hook that neither
   * `onError` nor shadow mode handles.
   */
  async send(request: TestRequest): Promise<TestResponse> {
    const startTimeMs = this.clock.now();
    for (const phase of phases) {
      if (!isRequestPhase(phase) || this.reply !== undefined) continue;
      if (phase === 'transform') this.exchange.removeHidden();
      await this.run(phase);
    }
    const { fault } = this.exchange.requestBody;
    if (this.reply === undefined && fault !== undefined) this.reply = deny(fault.code);
    const received = this.reply === undefined ? await this.receive(request) : undefined;
    const { reply, exchange } = this;
    const response = await this.respond(
      reply === undefined && received !== undefined
        ? received
        : gatewayResponse(reply ?? deny('internal_error'), exchange.requestId),
    );
    this.settle({ ...this.outcomeOf(response, startTimeMs), ...request.outcome });
    return response;
  }

  /** Forwards the request, and runs the policies of `received` on the simulated response. */
  private async receive({ upstream }: TestRequest): Promise<TestResponse> {
    this.forwarded = forwardedRequest(this.exchange);
    const response = new TestUpstreamResponse(
      this.exchange.method,
      upstream?.status ?? 200,
      HeaderList.of(upstream?.headers ?? {}),
      bytesOf(upstream?.body ?? ''),
    );
    await this.run('received', response);
    const { status, headers, bytes, fault } = response.current;
    if (fault !== undefined) this.reply ??= deny(fault.code);
    const content = upstream?.body === undefined && bytes.length === 0 ? undefined : bytes;
    return { status, headers, origin: 'upstream', content };
  }

  private async run(
    phase: RequestPhase | 'received',
    response?: TestUpstreamResponse,
  ): Promise<void> {
    const steps = this.pipeline[phase];
    if (steps === undefined) return;
    this.phasesRun.push(phase);
    try {
      this.reply = await runPolicies(steps, 0, this.exchange, response);
    } catch (fault) {
      if (!(fault instanceof ContentFault)) throw fault;
      this.reply = deny(fault.code);
    }
    this.exchange = this.exchange.current;
  }

  /** A reply of a response hook replaces the response; the response hooks do not run for it. */
  private async respond(response: TestResponse): Promise<TestResponse> {
    this.exchange.writeRemembered(response.headers);
    const steps = this.pipeline.respond;
    if (steps === undefined) return response;
    this.phasesRun.push('respond');
    const head = new FinalHead(response.status, response.headers, response.origin);
    const reply = await runPolicies(steps, 0, this.exchange, head);
    this.exchange = this.exchange.current;
    if (reply === undefined) {
      const { status, headers, origin } = head.current;
      return { status, headers, origin, content: response.content };
    }
    this.reply = reply;
    const own = gatewayResponse(reply, this.exchange.requestId);
    this.exchange.writeRemembered(own.headers);
    return own;
  }

  private outcomeOf({ status, content, origin }: TestResponse, startTimeMs: number): Outcome {
    const { reply, exchange, forwarded } = this;
    return {
      status,
      code: reply?.code,
      source: reply?.error?.source ?? origin,
      stoppedBy: exchange.stoppedBy,
      brokenOff: undefined,
      startTimeMs,
      durationMs: this.clock.now() - startTimeMs,
      upstreamDurationMs: forwarded === undefined ? undefined : 0,
      requestBytes: Math.max(0, exchange.contentLength),
      responseBytes: content?.length ?? 0,
      target: forwarded === undefined ? undefined : 'target.test:80',
      attempts: forwarded === undefined ? 0 : 1,
    };
  }

  private settle(outcome: Outcome): void {
    this.outcome = outcome;
    const steps = this.pipeline.settle;
    if (steps === undefined) return;
    this.phasesRun.push('settle');
    runSettle(steps, this.exchange, outcome);
  }
}

function forwardedRequest(exchange: TestExchange): Forwarded {
  const { outgoing, headers, requestBody, service } = exchange;
  return {
    method: outgoing.method ?? exchange.method,
    path: outgoing.path ?? exchange.path,
    query: outgoing.hasOwnQuery ? (outgoing.query ?? '') : exchange.query,
    headers: headers.clone(),
    body: requestBody.bytes,
    service: service?.name,
  };
}

function gatewayResponse(
  { status, headers, content, code, error, detail }: Reply,
  requestId: string,
): TestResponse {
  const list = HeaderList.of(headers);
  if (code === undefined || content !== undefined)
    return { status, headers: list, origin: 'gateway', content };
  list.set('Content-Type', problemMediaType);
  return {
    status,
    headers: list,
    origin: 'gateway',
    content: JSON.stringify(
      problem(code, { detail, requestId }, error ?? errorEntry(code as ErrorCode)),
    ),
  };
}
