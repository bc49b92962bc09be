import type { z } from 'zod';
import type { UpstreamResponse } from './body.ts';
import type { Exchange, ResponseHead } from './exchange.ts';
import type { PolicyHost } from './host.ts';
import type { KeyUse } from './host/keys.ts';
import type { Outcome } from './outcome.ts';
import {
  ownErrors,
  ownErrorsFault,
  type OwnError,
  type OwnErrorInput,
  type OwnErrors,
} from './own-errors.ts';
import { earlyPhases, isRequestPhase, phases, type Phase } from './phases.ts';
import type { Principal } from './principal.ts';
import type { Reply, Unrecognised } from './reply.ts';

/** What happens to a request when something the policy depends on fails. */
export type OnError = 'open' | 'closed';

/** Where a policy may be attached. */
export type AttachPoint = 'gateway' | 'service' | 'route' | 'group' | 'consumer';

/**
 * The part of a policy that needs no runtime: its name, a summary and the schema of its
 * configuration.
 */
export interface PolicySchema<Config extends z.ZodType = z.ZodType> {
  /** kebab-case; the folder, the configuration and the reference page use the same word. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly phases: readonly Phase[];
  /** A strict object with a description on every field. */
  readonly config: Config;
  /**
   * By default every kind of resource on which its hooks can run: early phases cannot depend on the
   * caller.
   */
  readonly attach: readonly AttachPoint[];
  /**
   * Set when the policy depends on something that can fail; the default for the attachment's
   * `onError`.
   */
  readonly onError: OnError | undefined;
  /** Whether it answers requests by itself, so that its route needs no service. */
  readonly answers: boolean;
  /**
   * Whether it answers CORS preflight requests in `receive`. They are then matched by the method
   * that they announce, not by OPTIONS.
   */
  readonly answersPreflight: boolean;
  /**
   * Whether the policy is one of the alternatives that authenticate the caller: its `authenticate`
   * hook returns a `Principal` and does not call `identify`. `'fallback'` is asked only when no
   * alternative found a credential. All other policies with an `authenticate` hook run as well,
   * whatever the alternatives find.
   */
  readonly authenticates?: boolean | 'fallback' | undefined;
  /**
   * Whether the policy decides who may make a request. Its decisions are counted in
   * `sluice_auth_total`: every refusal, and each request that its deciding hook lets pass, which is
   * `authorize`, or else `authenticate`, `receive` or `validate`.
   */
  readonly authorizes?: boolean | undefined;
  /** The uses of keys of the gateway that the policy needs; see `PolicyHost.keys`. */
  readonly keys?: readonly KeyUse[] | undefined;
  /** Error codes of the policy's own, in snake_case; `deny(schema.errors.<code>)` uses them. */
  readonly errors?: OwnErrors | undefined;
  /**
   * Properties of the configuration that refer to resources, by path, each with the kind that it
   * refers to; `*` stands for every element of an array: `allow/groups/*`. The control plane
   * accepts names and ids there, stores ids and shows names, and refuses to delete a resource that
   * is in use. Only the policies that come with Sluice can have references.
   */
  readonly references?: Readonly<Record<string, PolicyReferenceKind>> | undefined;
  /**
   * Why the policy cannot be attached: one of its hooks would never run. Set by `loadPolicySchemas`.
   */
  readonly unusable?: string | undefined;
}

/** The kinds of resources that the configuration of a policy can refer to. Every node has them. */
export type PolicyReferenceKind = 'consumer' | 'group';

type MaybePromise<T> = T | Promise<T>;
type RequestHook = (exchange: Exchange) => MaybePromise<Reply | undefined>;

/**
 * The code that runs per request. A request hook returns a `Reply` to stop, or undefined to
 * continue; it returns a promise only when it has to wait. Denials are values: throw only for
 * faults, which `onError` then decides.
 */
export interface PolicyHooks {
  readonly receive?: RequestHook;
  /** Returns a `Principal` or `Unrecognised` only when the schema says `authenticates`. */
  readonly authenticate?: (
    exchange: Exchange,
  ) => MaybePromise<Reply | Principal | Unrecognised | undefined>;
  readonly authorize?: RequestHook;
  readonly limit?: RequestHook;
  readonly validate?: RequestHook;
  readonly transform?: RequestHook;
  readonly answer?: RequestHook;
  /**
   * Sees the response of the upstream before anything of the gateway is on it: the place for
   * caches and for policies that read or change content. A `Reply` is sent instead.
   */
  readonly received?: (
    exchange: Exchange,
    response: UpstreamResponse,
  ) => MaybePromise<Reply | undefined | void>;
  /**
   * Sees the head of the final response as the client will receive it, also of responses of the
   * gateway. A `Reply` is sent instead, without another run of `respond`.
   */
  readonly respond?: (
    exchange: Exchange,
    response: ResponseHead,
  ) => MaybePromise<Reply | undefined | void>;
  /** Observes a complete exchange. Its fault is logged and changes nothing. */
  readonly settle?: (exchange: Exchange, outcome: Outcome) => void;
  /**
   * Called once, when no exchange uses this compiled policy any more: ends what `compile` began and
   * the host does not end itself.
   */
  close?(): void | Promise<void>;
  /**
   * For alternatives: the values of `WWW-Authenticate` (RFC 9110 section 11.6.1) of the 401 for a
   * request without a credential, one field for each.
   */
  readonly challenges?: readonly string[];
  /** For alternatives: tells the client in that 401 what to send. */
  readonly hint?: string | undefined;
  /** For alternatives: requests that present no credential pass, unidentified. */
  readonly optional?: boolean;
  /**
   * For alternatives: its credential is needed in addition to one of the other alternatives', such
   * as a client certificate and a token.
   */
  readonly required?: boolean;
  /**
   * For alternatives: asked when the request is about to be refused because it carries no
   * credential. The reply, such as a redirect to a login page, is sent instead of that 401. It is
   * not asked for requests with an Authorization field.
   */
  readonly login?: RequestHook;
  /**
   * Every name of a request field that the policy may set for the upstream, such as the identity of
   * the caller. The gateway removes these fields from all requests and their trailers, in every
   * spelling that applications treat as the same name, before policies run and on all of its
   * routes. A client cannot remove them by naming them in Connection either. In shadow mode the
   * names are not protected, because the policy sets none of them.
   */
  readonly upstreamFields?: readonly string[];
  /**
   * The names of request fields from which the policy reads what a client presents. On its routes
   * they are left in the request, also when a policy of the gateway declares them as
   * `upstreamFields`: this policy removes them, at once or with `hideOnForward`.
   */
  readonly readFields?: readonly string[];
}

/** A policy: its schema, and the function that compiles a configuration to hooks. */
export interface Policy<Config extends z.ZodType = z.ZodType> {
  readonly schema: PolicySchema<Config>;
  /**
   * Runs once per attachment and configuration, off the request path. May throw: the resource is
   * then refused. Declared as a method so that policies with different configurations fit in one
   * list; it receives only configurations that its own schema has parsed.
   */
  compile(config: z.output<Config>, host: PolicyHost): PolicyHooks;
}

const everywhere: readonly AttachPoint[] = Object.freeze([
  'gateway',
  'service',
  'route',
  'group',
  'consumer',
]);
const beforeTheCaller: readonly AttachPoint[] = Object.freeze(['gateway', 'service', 'route']);

type PolicySchemaInput<Config extends z.ZodType, Code extends string> = Pick<
  PolicySchema<Config>,
  'name' | 'summary' | 'phases' | 'config'
> &
  Partial<
    Pick<
      PolicySchema<Config>,
      | 'attach'
      | 'onError'
      | 'answers'
      | 'answersPreflight'
      | 'authenticates'
      | 'authorizes'
      | 'keys'
      | 'references'
    >
  > & { readonly errors?: Readonly<Record<Code, OwnErrorInput>> };

/** A schema whose error codes are known to the type checker. */
type SchemaWithErrors<Config extends z.ZodType, Code extends string> = PolicySchema<Config> & {
  readonly errors: Readonly<Record<Code, OwnError>>;
};

/**
 * Declares a policy's schema. A policy that runs before the caller is known, in `receive` or
 * `authenticate`, can be attached to gateways, services and routes only; every other policy to any
 * resource, unless `attach` restricts it. Throws a TypeError when the name is not kebab-case, when
 * phases are missing or unknown, when `attach` names a kind of resource on which a hook would never
 * run, when the policy claims to answer or to authenticate in phases in which it cannot, or when an
 * error of its own is not well-formed.
 */
export function definePolicySchema<Config extends z.ZodType, const Code extends string = never>(
  input: PolicySchemaInput<Config, Code>,
): SchemaWithErrors<Config, Code> {
  const { onError, answers = false, answersPreflight = false, authenticates = false } = input;
  const attach =
    input.attach ?? (earlyPhaseOf(input.phases) === undefined ? everywhere : beforeTheCaller);
  const errors = ownErrors(input.errors ?? ({} as Readonly<Record<Code, OwnErrorInput>>));
  const schema = { ...input, attach, onError, answers, answersPreflight, authenticates, errors };
  const fault = schemaFault(schema);
  if (fault !== undefined) throw new TypeError(fault);
  return Object.freeze(schema);
}

/**
 * Says what is wrong with a schema; undefined when nothing is. Also checks schemas that did not
 * come from {@link definePolicySchema}, such as those in a folder of custom policies.
 */
export function schemaFault(schema: PolicySchema): string | undefined {
  const { name, phases: named, attach, answers, answersPreflight } = schema;
  const policy = `policy "${name}"`;
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name))
    return `policy name "${name}" is not kebab-case`;
  if (named.length === 0) return `${policy} names no phase`;
  const unknown = named.find((phase) => !phases.includes(phase));
  if (unknown !== undefined)
    return `${policy} names the phase "${unknown}": the phases are ${phases.join(', ')}`;
  const nowhere = attach.find((point) => !everywhere.includes(point));
  if (nowhere !== undefined)
    return `${policy} cannot be attached to "${nowhere}": use ${everywhere.join(', ')}`;
  const early = earlyPhaseOf(named);
  const unreachable = attach.find(
    (point) => early !== undefined && !beforeTheCaller.includes(point),
  );
  if (unreachable !== undefined) {
    return `${policy} cannot be attached to a ${unreachable}: its ${early} phase is over before the caller is known`;
  }
  if (answers && !named.some(isRequestPhase)) {
    return `${policy} cannot answer in ${named.join(' and ')}: name a phase in which a reply stops the request`;
  }
  if (answersPreflight && !named.includes('receive'))
    return `${policy} cannot answer preflight requests: name the phase "receive"`;
  if (isAlternative(schema) && !named.includes('authenticate'))
    return `${policy} cannot authenticate the caller: name the phase "authenticate"`;
  if (isAlternative(schema) && schema.onError === 'open')
    return `${policy} authenticates callers, so it is always closed: set "onError" to 'closed', or leave it out`;
  return ownErrorsFault(name, schema.errors ?? {});
}

/** Whether the policy is one of the alternatives that authenticate the caller. */
export function isAlternative({ authenticates }: Pick<PolicySchema, 'authenticates'>): boolean {
  return authenticates === true || authenticates === 'fallback';
}

function earlyPhaseOf(named: readonly Phase[]): Phase | undefined {
  return named.find((phase) => earlyPhases.includes(phase));
}

/** Declares a policy: its schema and its `compile`. */
export function definePolicy<Config extends z.ZodType>(policy: Policy<Config>): Policy<Config> {
  return Object.freeze(policy);
}
