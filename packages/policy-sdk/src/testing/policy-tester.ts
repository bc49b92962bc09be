import { problem, problemMediaType } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import type { LimitStore } from '@sluice/ratelimit';
import type { z } from 'zod';
import type { Consumer, Credential, ResponseHead } from '../exchange.ts';
import type { PolicyHost } from '../host.ts';
import { isRequestPhase, phases, type Phase } from '../phases.ts';
import type { OnError, Policy } from '../policy.ts';
import type { Reply } from '../reply.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { ManualClock } from './manual-clock.ts';
import { TestExchange, type TestPlace, type TestRequest } from './test-exchange.ts';
import {
  credentialsOf,
  quotasOf,
  resourceRef,
  type TestKey,
  type TestQuota,
} from './test-facts.ts';
import { TestLimitStore } from './test-limit-store.ts';
import { TestRun, type TestFault } from './test-run.ts';

/** The environment of a tested policy. Every part has a default. */
export interface PolicyTesterOptions {
  readonly clock?: ManualClock;
  /** The keys that `host.stores.credentials` knows. */
  readonly keys?: readonly TestKey[];
  /** The store behind `host.stores.limits`; by default in memory, on the tester's clock. */
  readonly limits?: LimitStore;
  /** Quotas of the route. */
  readonly quotas?: readonly TestQuota[];
  /** Name of the service; null for a route without one. */
  readonly service?: string | null;
  /** Overrides the `onError` of the policies' schemas. */
  readonly onError?: OnError;
}

/** The outcome of a request. */
export interface TestAnswer {
  /** The response as the client sees it. `content` is undefined when the upstream made it. */
  readonly response: ResponseHead & { readonly content: string | Uint8Array | undefined };
  /** The same as `response.status`. */
  readonly status: number;
  /**
   * The reply that stopped the exchange, and the policy that returned it; undefined when the
   * upstream answered.
   */
  readonly reply: Reply | undefined;
  readonly repliedBy: string | undefined;
  /** The request to the upstream; undefined when a policy answered. */
  readonly forwarded:
    | {
        readonly method: string;
        readonly path: string;
        readonly query: string;
        readonly headers: HeaderList;
      }
    | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
  /** The phases in which a policy ran, in order. */
  readonly phases: readonly Phase[];
  /** The limit that `limitContent` set. */
  readonly maxBodyBytes: number | undefined;
  /**
   * Exceptions of hooks that `onError` handled. `send` rejects with a fault that has no `onError`.
   */
  readonly faults: readonly TestFault[];
}

/** A line that a policy logged. */
export interface LoggedLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Runs policies as the gateway does, without a gateway: the policy's schema parses the
 * configuration, which is compiled once, the phases run in their order, and a simulated upstream
 * answers as the test says.
 *
 * ```ts
 * const tester = new PolicyTester(requireHeader, { header: 'x-tenant' });
 * const { status } = await tester.send({ path: '/orders' });
 * ```
 */
export class PolicyTester<Config extends z.ZodType = z.ZodType> {
  readonly clock: ManualClock;
  /** Log lines of the policies, oldest first. */
  readonly log: LoggedLine[] = [];
  private readonly policies: CompiledPolicy[] = [];
  private readonly place: TestPlace;
  private readonly stores: PolicyHost['stores'];
  private readonly onError: OnError | undefined;
  private sent = 0;

  /**
   * Throws an Error that says what to change when the configuration is not valid, and rethrows
   * exceptions of `compile`.
   */
  constructor(policy: Policy<Config>, config: z.input<Config>, options: PolicyTesterOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.stores = {
      limits: options.limits ?? new TestLimitStore(this.clock),
      credentials: credentialsOf(options.keys ?? []),
    };
    this.onError = options.onError;
    const route = resourceRef('route', 'test');
    this.place = {
      gateway: resourceRef('gateway', 'default'),
      route: { ...route, quotas: quotasOf(options.quotas ?? [], `route:${route.id}`) },
      service:
        options.service === null ? undefined : resourceRef('service', options.service ?? 'test'),
    };
    this.with(policy, config);
  }

  /** Adds a policy that runs after the earlier ones. */
  with<Other extends z.ZodType>(policy: Policy<Other>, config: z.input<Other>): this {
    const host: PolicyHost = {
      policyId: `route:${this.place.route.id}/${policy.schema.name}`,
      clock: this.clock,
      stores: this.stores,
      logger: {
        info: (message, facts = {}) => this.log.push({ level: 'info', message, facts }),
        warn: (message, facts = {}) => this.log.push({ level: 'warn', message, facts }),
      },
    };
    this.policies.push(compilePolicy(policy, config, host, this.onError));
    return this;
  }

  /** Advances the tester's clock by `ms` milliseconds. */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /**
   * Sends a request through all phases. Rejects with the exception of a hook, unless an `onError`
   * handles it.
   */
  async send(request: TestRequest = {}): Promise<TestAnswer> {
    const exchange = new TestExchange(`test-${++this.sent}`, request, this.place);
    const run = new TestRun(this.policies, exchange);
    for (const phase of phases) {
      if (phase === 'transform' && run.reply === undefined) exchange.removeHidden();
      if (isRequestPhase(phase)) await run.request(phase);
    }

    const { reply, repliedBy } = run;
    const forwarded =
      reply === undefined
        ? {
            method: exchange.method,
            path: exchange.path,
            query: exchange.query,
            headers: exchange.headers.clone(),
          }
        : undefined;
    const response =
      reply === undefined ? upstreamResponse(request) : gatewayResponse(reply, exchange.requestId);
    exchange.writeRemembered(response.headers);
    run.respond(response);
    run.settle();
    const { consumer, credential, maxBodyBytes } = exchange;
    const { phasesRun, faults } = run;
    return {
      response,
      status: response.status,
      reply,
      repliedBy,
      forwarded,
      consumer,
      credential,
      phases: phasesRun,
      maxBodyBytes,
      faults,
    };
  }
}

function upstreamResponse({ upstream }: TestRequest): TestAnswer['response'] {
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
): TestAnswer['response'] {
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
