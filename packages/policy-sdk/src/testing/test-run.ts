import { GatewayError, problem, problemMediaType } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import type { ResponseHead } from '../exchange.ts';
import { isRequestPhase, phases, type Phase, type RequestPhase } from '../phases.ts';
import { deny, type Reply } from '../reply.ts';
import type { Pipeline } from '../run/pipeline.ts';
import { runPolicies, runSettle } from '../run/run-phase.ts';
import type { TestExchange, TestRequest } from './test-exchange.ts';

/** The response as the client sees it. `content` is undefined when the upstream made it. */
export type TestResponse = ResponseHead & { readonly content: string | Uint8Array | undefined };

/** The request to the upstream. */
interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: HeaderList;
}

/** One request through the pipeline, run by the gateway's runner. */
export class TestRun {
  exchange: TestExchange;
  reply: Reply | undefined;
  forwarded: Forwarded | undefined;
  readonly phasesRun: Phase[] = [];
  private readonly pipeline: Pipeline;

  constructor(pipeline: Pipeline, exchange: TestExchange) {
    this.pipeline = pipeline;
    this.exchange = exchange;
  }

  /**
   * Runs all phases and returns the response. Rejects with the fault of a hook that neither
   * `onError` nor shadow mode handles.
   */
  async send(request: TestRequest): Promise<TestResponse> {
    for (const phase of phases) {
      if (!isRequestPhase(phase) || this.reply !== undefined) continue;
      if (phase === 'transform') this.exchange.removeHidden();
      await this.run(phase);
    }
    const { reply, exchange } = this;
    if (reply === undefined) this.forwarded = forwardedRequest(exchange);
    const response = this.respond(
      reply === undefined
        ? () => upstreamResponse(request)
        : () => gatewayResponse(reply, exchange.requestId),
    );
    this.settle();
    return response;
  }

  private async run(phase: RequestPhase): Promise<void> {
    const steps = this.pipeline[phase];
    if (steps === undefined) return;
    this.phasesRun.push(phase);
    this.reply = await runPolicies(steps, 0, this.exchange);
    this.exchange = this.exchange.current;
  }

  /** A response hook that fails closed leads to 503, to which the response hooks apply as well. */
  private respond(create: () => TestResponse): TestResponse {
    if (this.pipeline.respond !== undefined) this.phasesRun.push('respond');
    try {
      return this.finish(create());
    } catch (fault) {
      if (!(fault instanceof GatewayError) || this.exchange.faults.length === 0) throw fault;
      this.reply = deny(fault.code);
      const unavailable = gatewayResponse(this.reply, this.exchange.requestId);
      try {
        return this.finish(unavailable);
      } catch {
        return gatewayResponse(this.reply, this.exchange.requestId);
      }
    }
  }

  private finish(response: TestResponse): TestResponse {
    this.exchange.writeRemembered(response.headers);
    for (const step of this.pipeline.respond ?? []) step.run(this.exchange, response);
    return response;
  }

  private settle(): void {
    const steps = this.pipeline.settle;
    if (steps === undefined) return;
    this.phasesRun.push('settle');
    runSettle(steps, this.exchange);
  }
}

function forwardedRequest({ method, path, query, headers }: TestExchange): Forwarded {
  return { method, path, query, headers: headers.clone() };
}

function upstreamResponse({ upstream }: TestRequest): TestResponse {
  return {
    status: upstream?.status ?? 200,
    headers: HeaderList.of(upstream?.headers ?? {}),
    origin: 'upstream',
    content: undefined,
  };
}

function gatewayResponse(
  { status, headers, content, code, detail }: Reply,
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
    content: JSON.stringify(problem(code, { detail, requestId })),
  };
}
