import { faultReason, GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { LimitStore } from '@sluice/ratelimit';
import type { z } from 'zod';
import type { AuthReason } from '../auth-reason.ts';
import type { Consumer, Credential } from '../exchange.ts';
import type { ClientCertificates } from '../host/client-certificates.ts';
import { PolicyHosts } from '../host-services/policy-hosts.ts';
import type { HostKeys } from '../host/keys.ts';
import type { Phase } from '../phases.ts';
import type { Outcome } from '../outcome.ts';
import type { OnError, Policy } from '../policy.ts';
import type { Principal } from '../principal.ts';
import type { Reply } from '../reply.ts';
import { compilePolicy, type CompiledPolicy } from '../run/compile-policy.ts';
import { Pipeline } from '../run/pipeline.ts';
import { gatewayFields, ProtectedFields } from '../run/protected-fields.ts';
import { ManualClock } from './manual-clock.ts';
import { TestExchange, type TestFault, type TestPlace, type TestRequest } from './test-exchange.ts';
import {
  consumersOf,
  credentialsOf,
  otherCredentialsOf,
  quotasOf,
  resourceRef,
  type TestConsumer,
  type TestCredential,
  type TestKey,
  type TestQuota,
} from './test-facts.ts';
import { TestHttpClient } from './test-http-client.ts';
import { TestKeys } from './test-keys.ts';
import { TestLimitStore } from './test-limit-store.ts';
import { TestMetrics } from './test-metrics.ts';
import { TestRun, type TestResponse } from './test-run.ts';

/** The environment of a tested policy. Every part has a default. */
export interface PolicyTesterOptions {
  readonly clock?: ManualClock;
  /** The keys that `host.stores.credentials` knows. */
  readonly keys?: readonly TestKey[];
  /** The credentials that `host.credentials` knows besides the keys. */
  readonly credentials?: readonly TestCredential[];
  /** Verifies the certificates of clients; by default, none is trusted. */
  readonly clientCertificates?: ClientCertificates;
  /** The consumers that `host.consumers` knows. */
  readonly consumers?: readonly TestConsumer[];
  /** The store behind `host.stores.limits`; by default in memory, on the tester's clock. */
  readonly limits?: LimitStore;
  /** The keys of the gateway, `host.keys`; by default new ones. */
  readonly gatewayKeys?: HostKeys;
  /** Quotas of the route. */
  readonly quotas?: readonly TestQuota[];
  /** Name of the service; null for a route without one. */
  readonly service?: string | null;
  /** Names of further services, for `useService`. */
  readonly services?: readonly string[];
  /** Overrides the `onError` of the policies' schemas. */
  readonly onError?: OnError;
  /** In shadow mode a policy changes and refuses nothing. Default: enforce. */
  readonly mode?: 'enforce' | 'shadow';
  /** Timeout of a hook, in real milliseconds; the gateway's 10 seconds by default. */
  readonly policyTimeoutMs?: number;
}

/** The outcome of a request. */
export interface TestAnswer {
  /** The response as the client sees it. `content` is undefined when the upstream made it. */
  readonly response: TestResponse;
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
        readonly body: Uint8Array;
        /** Name of the service that receives it. */
        readonly service: string | undefined;
      }
    | undefined;
  readonly consumer: Consumer | undefined;
  readonly credential: Credential | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** The caller as an alternative recognised it. */
  readonly principal: Principal | undefined;
  /** The policy that recognised the caller or refused it, and why; see the access log. */
  readonly authPolicy: string | undefined;
  readonly authReason: AuthReason | undefined;
  /** The outcome that `settle` hooks saw. */
  readonly outcome: Outcome;
  /** The phases in which a policy ran, in order. */
  readonly phases: readonly Phase[];
  /** The limit that `limitContent` set. */
  readonly maxBodyBytes: number | undefined;
  /**
   * Faults of hooks that the gateway handles: by `onError`, in shadow mode, and in `settle`. `send`
   * rejects with any other fault.
   */
  readonly faults: readonly TestFault[];
  /** Policies in shadow mode that would have stopped the request. */
  readonly shadow: readonly string[];
}

/** A line that a policy logged. */
export interface LoggedLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Runs policies as the gateway does, without a gateway: the policy's schema parses the
 * configuration, which is compiled once, the gateway's own runner runs the phases (with shadow mode,
 * timeouts and `onError`), and a simulated upstream answers as the test says.
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
  /** The hashes that the policies reported, oldest first. */
  readonly rehashes: { readonly credential: Credential; readonly hash: string }[] = [];
  /** What the policies counted. */
  readonly metrics = new TestMetrics();
  private readonly policies: CompiledPolicy[] = [];
  private pipeline: Pipeline | undefined;
  private readonly place: TestPlace;
  private readonly hosts: PolicyHosts;
  private readonly options: PolicyTesterOptions;
  private sent = 0;
  private protectedFields = gatewayFields;

  /**
   * Throws an Error that says what to change when the configuration is not valid, and rethrows
   * exceptions of `compile`.
   */
  constructor(policy: Policy<Config>, config: z.input<Config>, options: PolicyTesterOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.options = options;
    const keys = credentialsOf(options.keys ?? []);
    const others = otherCredentialsOf(options.credentials ?? []);
    this.hosts = new PolicyHosts({
      clock: this.clock,
      stores: {
        limits: options.limits ?? new TestLimitStore(this.clock),
        credentials: keys,
      },
      credentials: {
        find: (type, lookup) =>
          type === 'key' ? keys.findKey(lookup) : others.get(`${type} ${lookup}`),
        reportRehash: ({ credential }, hash) => this.rehashes.push({ credential, hash }),
      },
      consumers: consumersOf(options.consumers ?? []),
      clientCertificates: options.clientCertificates,
      keys: options.gatewayKeys ?? new TestKeys(),
      loggerFor: () => ({
        info: (message, facts = {}) => this.log.push({ level: 'info', message, facts }),
        warn: (message, facts = {}) => this.log.push({ level: 'warn', message, facts }),
      }),
      createHttpClient: (_policy, http) => new TestHttpClient(http),
      metricsFor: (name) => this.metrics.of(name),
    });
    const route = resourceRef('route', 'test');
    this.place = {
      gateway: resourceRef('gateway', 'default'),
      route: { ...route, quotas: quotasOf(options.quotas ?? [], `route:${route.id}`) },
      service:
        options.service === null ? undefined : resourceRef('service', options.service ?? 'test'),
      services: (options.services ?? []).map((name) => resourceRef('service', name)),
    };
    this.with(policy, config);
  }

  /**
   * Adds a policy that runs after the earlier ones. As in the gateway, it replaces an earlier one of
   * the same name.
   * @param attached overrides `mode` and `onError` of the tester's options for this policy
   */
  with<Other extends z.ZodType>(
    policy: Policy<Other>,
    config: z.input<Other>,
    attached: Pick<PolicyTesterOptions, 'mode' | 'onError'> = {},
  ): this {
    const host = this.hosts.hostFor(`route:${this.place.route.id}/${policy.schema.name}`);
    const { mode = 'enforce', onError, policyTimeoutMs } = { ...this.options, ...attached };
    this.policies.push(
      compilePolicy(
        policy,
        {
          config,
          mode,
          onError,
          at: 'route',
          isCustom: true,
          timeoutMs: policyTimeoutMs,
          authCounts: (name) => this.metrics.auth(name),
        },
        host,
      ),
    );
    this.pipeline = undefined;
    this.protectedFields = new ProtectedFields(
      this.policies.flatMap(({ upstreamFields = [] }) => upstreamFields),
      this.policies.flatMap(({ readFields = [] }) => readFields),
    );
    return this;
  }

  /**
   * Closes the policies, as the gateway does when no configuration has them any more, and what their
   * hosts have handed out. Rejects with the fault of a `close`.
   */
  async close(): Promise<void> {
    for (const { close } of this.policies) await close?.();
    this.policies.length = 0;
    await this.hosts.closeAll();
  }

  /** Advances the tester's clock by `ms` milliseconds. */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /**
   * Sends a request through all phases. Rejects with the fault of a hook, unless `onError` or
   * shadow mode handles it.
   */
  async send(request: TestRequest = {}): Promise<TestAnswer> {
    this.pipeline ??= Pipeline.of([this.policies]);
    const exchange = new TestExchange(`test-${++this.sent}`, request, this.place, this.pipeline);
    exchange.headers.removeBeginningWith(this.protectedFields.always);
    const run = new TestRun(this.pipeline, exchange, this.clock);
    try {
      const response = await run.send(request);
      const { reply, phasesRun, forwarded } = run;
      const { consumer, credential, claims, maxBodyBytes, faults, shadow, stoppedBy } =
        run.exchange;
      const { principal, authPolicy, authReason } = run.exchange;
      return {
        response,
        status: response.status,
        reply,
        repliedBy: stoppedBy,
        forwarded,
        consumer,
        credential,
        claims,
        principal,
        authPolicy,
        authReason,
        outcome: run.outcome as Outcome,
        phases: phasesRun,
        maxBodyBytes,
        faults,
        shadow,
      };
    } catch (fault) {
      // The message of a GatewayError is for clients; its cause says what is wrong.
      if (!(fault instanceof GatewayError)) throw fault;
      throw new Error(faultReason(fault), { cause: fault });
    }
  }
}
