import { jsonPointer } from '@sluice/errors';
import type { z } from 'zod';
import { hooksFault } from '../hooks.ts';
import type { PolicyHost } from '../host.ts';
import type { RequestPhase } from '../phases.ts';
import type { OnError, Policy, PolicyHooks } from '../policy.ts';
import type { Reply } from '../reply.ts';

/** A policy with its configuration, ready to run. */
export interface CompiledPolicy {
  readonly name: string;
  readonly onError: OnError | undefined;
  readonly hooks: PolicyHooks;
}

/**
 * Parses the configuration with the policy's schema and compiles it. Throws an Error that says what
 * to change when the configuration is not valid or a hook belongs to a phase that the schema does
 * not name; rethrows exceptions of `compile`.
 */
export function compilePolicy(
  policy: Policy,
  config: unknown,
  host: PolicyHost,
  onError: OnError | undefined,
): CompiledPolicy {
  const { schema } = policy;
  const parsed = schema.config.safeParse(config);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${pointerOf(issue)}: ${issue.message}`);
    throw new Error(
      `the configuration of policy "${schema.name}" is not valid:\n${faults.join('\n')}`,
    );
  }
  const hooks = policy.compile(parsed.data, host);
  // A tester attaches its policies to a route.
  const fault = hooksFault(schema, hooks, 'route');
  if (fault !== undefined) throw new Error(fault);
  return { name: schema.name, onError: onError ?? schema.onError, hooks };
}

/** Checks the result of a request hook: a mistake is easier to find here than in a gateway. */
export function verdictOf(policy: string, phase: RequestPhase, answer: unknown): Reply | undefined {
  if (answer === undefined) return undefined;
  const where = `the ${phase} hook of policy "${policy}"`;
  if (!isReply(answer))
    throw new TypeError(
      `${where} answered ${describe(answer)}: return deny(…) or reply(…) to stop, or undefined to go on`,
    );
  if (!Number.isInteger(answer.status) || answer.status < 200 || answer.status > 599) {
    throw new RangeError(
      `${where} answered with status ${answer.status}: a final response has one from 200 to 599`,
    );
  }
  return answer;
}

function isReply(answer: unknown): answer is Reply {
  return typeof answer === 'object' && answer !== null && 'status' in answer && 'headers' in answer;
}

function describe(answer: unknown): string {
  return typeof answer === 'object' && answer !== null
    ? `an object with ${Object.keys(answer).join(', ') || 'no properties'}`
    : String(answer);
}

function pointerOf(issue: z.core.$ZodIssue): string {
  return jsonPointer(
    issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys.join(',')] : issue.path,
  );
}
