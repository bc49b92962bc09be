import type { z } from 'zod';
import type { Exchange, ResponseHead } from './exchange.ts';
import type { PolicyHost } from './host.ts';
import { earlyPhases, phases, type Phase } from './phases.ts';
import type { Reply } from './reply.ts';

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
}

type MaybePromise<T> = T | Promise<T>;
type RequestHook = (exchange: Exchange) => MaybePromise<Reply | undefined>;

/**
 * The code that runs per request. A request hook returns a `Reply` to stop, or undefined to
 * continue; it returns a promise only when it has to wait. Denials are values: throw only for
 * faults, which `onError` then decides.
 */
export interface PolicyHooks {
  readonly receive?: RequestHook;
  readonly authenticate?: RequestHook;
  readonly authorize?: RequestHook;
  readonly limit?: RequestHook;
  readonly validate?: RequestHook;
  readonly transform?: RequestHook;
  readonly answer?: RequestHook;
  /**
   * Sees the head of the final response as the client will receive it, also of responses of the
   * gateway. A `Reply` is sent instead, without another run of `respond`.
   */
  readonly respond?: (
    exchange: Exchange,
    response: ResponseHead,
  ) => MaybePromise<Reply | undefined | void>;
  readonly settle?: (exchange: Exchange) => void;
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

type PolicySchemaInput<Config extends z.ZodType> = Pick<
  PolicySchema<Config>,
  'name' | 'summary' | 'phases' | 'config'
> &
  Partial<Pick<PolicySchema<Config>, 'attach' | 'onError' | 'answers' | 'answersPreflight'>>;

/**
 * Declares a policy's schema. A policy that runs before the caller is known, in `receive` or
 * `authenticate`, can be attached to gateways, services and routes only; every other policy to any
 * resource, unless `attach` restricts it. Throws a TypeError when the name is not kebab-case, when
 * phases are missing or unknown, when `attach` names a kind of resource on which a hook would never
 * run, or when the policy claims to answer in phases in which it cannot.
 */
export function definePolicySchema<Config extends z.ZodType>(
  input: PolicySchemaInput<Config>,
): PolicySchema<Config> {
  const { onError, answers = false, answersPreflight = false } = input;
  const attach =
    input.attach ?? (earlyPhaseOf(input.phases) === undefined ? everywhere : beforeTheCaller);
  const schema = { ...input, attach, onError, answers, answersPreflight };
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
  if (answers && named.every((phase) => phase === 'respond' || phase === 'settle')) {
    return `${policy} cannot answer in ${named.join(' and ')}: name a phase in which a reply stops the request`;
  }
  if (answersPreflight && !named.includes('receive'))
    return `${policy} cannot answer preflight requests: name the phase "receive"`;
  return undefined;
}

function earlyPhaseOf(named: readonly Phase[]): Phase | undefined {
  return named.find((phase) => earlyPhases.includes(phase));
}

/** Declares a policy: its schema and its `compile`. */
export function definePolicy<Config extends z.ZodType>(policy: Policy<Config>): Policy<Config> {
  return Object.freeze(policy);
}
