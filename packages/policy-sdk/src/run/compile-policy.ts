import { guarded, jsonPointer } from '@sluice/errors';
import type { z } from 'zod';
import { hooksFault } from '../hooks.ts';
import type { PolicyHost } from '../host.ts';
import {
  isAlternative,
  type AttachPoint,
  type OnError,
  type Policy,
  type PolicyHooks,
} from '../policy.ts';
import { noAuthCounts, type AuthCounts } from './auth-counts.ts';
import { guardHooks, type GuardedHooks } from './guard.ts';

/** A policy with its configuration, ready to run. */
export interface CompiledPolicy {
  readonly name: string;
  readonly hooks: GuardedHooks;
  /** It is not built in: it may keep references to the exchange. */
  readonly isCustom: boolean;
  /** It answers CORS preflight requests. */
  readonly answersPreflight: boolean;
  /** The request fields that it may set; see `PolicyHooks.upstreamFields`. */
  readonly upstreamFields?: readonly string[] | undefined;
  /** The request fields that it reads and removes; see `PolicyHooks.readFields`. */
  readonly readFields?: readonly string[] | undefined;
  /** The `close` of its hooks. Called once by the owner of the policy. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

/** The policies of one holder (a gateway, a service, a route, a group or a consumer), compiled. */
export type PolicyChain = readonly CompiledPolicy[];

/** A use of a policy: its configuration, and the kind of resource that it is attached to. */
export interface PolicyUse {
  readonly config: unknown;
  readonly mode: 'enforce' | 'shadow';
  /** Overrides the `onError` of the schema. */
  readonly onError: OnError | undefined;
  readonly at: AttachPoint;
  readonly isCustom: boolean;
  /** Timeout of a hook, milliseconds; `guardHooks` has the default. */
  readonly timeoutMs: number | undefined;
  /** The series of the policy; asked only for those that authenticate or authorise. */
  readonly authCounts?: ((policy: string) => AuthCounts) | undefined;
}

/** The configuration does not match the policy's schema. */
export class InvalidPolicyConfig extends Error {
  readonly error: z.ZodError;

  constructor(policy: string, error: z.ZodError) {
    const faults = error.issues.map((issue) => `  ${pointerOf(issue)}: ${issue.message}`);
    super(`the configuration of policy "${policy}" is not valid:\n${faults.join('\n')}`);
    this.name = 'InvalidPolicyConfig';
    this.error = error;
  }
}

/** The hooks that `compile` returned cannot be used; see `hooksFault`. */
export class InvalidPolicyHooks extends Error {
  override readonly name = 'InvalidPolicyHooks';
}

/**
 * Parses the configuration with the policy's schema, compiles it and wraps its hooks.
 * @throws InvalidPolicyConfig when the configuration does not match the schema
 * @throws InvalidPolicyHooks when a hook would never run
 * @throws the exceptions of `compile`
 */
export function compilePolicy(policy: Policy, use: PolicyUse, host: PolicyHost): CompiledPolicy {
  const { schema } = policy;
  const { mode, at, isCustom, timeoutMs } = use;
  const parsed = schema.config.safeParse(use.config);
  if (!parsed.success) throw new InvalidPolicyConfig(schema.name, parsed.error);
  const hooks = policy.compile(parsed.data, host);
  const fault = hooksFault(schema, hooks, at);
  if (fault !== undefined) {
    closeRefused(hooks);
    throw new InvalidPolicyHooks(fault);
  }
  const { name, authenticates, authorizes, errors } = schema;
  const isCounted = mode === 'enforce' && (isAlternative(schema) || authorizes === true);
  const counts = (isCounted ? use.authCounts?.(name) : undefined) ?? noAuthCounts;
  const traits = { authenticates, authorizes, errors, counts };
  return {
    name,
    hooks: guardHooks(name, hooks, mode, use.onError ?? schema.onError, timeoutMs, traits),
    isCustom,
    answersPreflight: schema.answersPreflight && mode === 'enforce',
    // In shadow mode a policy changes nothing.
    upstreamFields: mode === 'enforce' ? hooks.upstreamFields : undefined,
    readFields: mode === 'enforce' ? hooks.readFields : undefined,
    close: hooks.close?.bind(hooks),
  };
}

/** Ends what `compile` began although its hooks cannot be used; they may be anything. */
function closeRefused(hooks: unknown): void {
  const { close } = (hooks ?? {}) as PolicyHooks;
  if (typeof close === 'function') guarded('lifecycle', () => close.call(hooks))();
}

function pointerOf(issue: z.core.$ZodIssue): string {
  return jsonPointer(
    issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys.join(',')] : issue.path,
  );
}
