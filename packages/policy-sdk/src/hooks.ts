import { requireValue } from '@sluice/http1';
import { errorMessage } from '@sluice/errors';
import { HeaderName } from '@sluice/schema';
import { earlyPhases, phases } from './phases.ts';
import { isAlternative, type AttachPoint, type PolicyHooks, type PolicySchema } from './policy.ts';

/**
 * Says what is wrong with the compiled hooks of a policy and how to fix it; undefined when nothing
 * is. A hook that would never run is a check that is skipped, so nodes and `PolicyTester` refuse
 * it.
 * @param at the kind of resource that the policy is attached to
 */
export function hooksFault(
  schema: PolicySchema,
  hooks: PolicyHooks,
  at: AttachPoint,
): string | undefined {
  const compiled: unknown = hooks;
  if (typeof compiled !== 'object' || compiled === null || 'then' in compiled) {
    return `compile of policy "${schema.name}" returned no hooks: return an object with a function for each phase, and wait for nothing`;
  }
  const misplaced = misplacedHook(schema, hooks);
  if (misplaced !== undefined) return misplaced;
  for (const phase of phases) {
    const hook: unknown = hooks[phase];
    if (hook === undefined) continue;
    if (typeof hook !== 'function')
      return `the ${phase} hook of policy "${schema.name}" is not a function`;
    if ((at === 'consumer' || at === 'group') && earlyPhases.includes(phase)) {
      return `policy "${schema.name}" has a hook for "${phase}", which would never run on a ${at}: that phase is over before the caller is known`;
    }
  }
  if (hooks.close !== undefined && typeof hooks.close !== 'function')
    return `close of policy "${schema.name}" is not a function`;
  return fieldNamesFault(schema, hooks) ?? alternativeFault(schema, hooks);
}

/** Checks the lists of field names: one that cannot be matched would protect nothing. */
function fieldNamesFault(schema: PolicySchema, hooks: PolicyHooks): string | undefined {
  for (const list of ['upstreamFields', 'readFields'] as const) {
    const names: unknown = hooks[list];
    if (names === undefined) continue;
    if (!Array.isArray(names))
      return `${list} of policy "${schema.name}" is not a list of field names`;
    for (const name of names as unknown[]) {
      if (!HeaderName.safeParse(name).success)
        return `${list} of policy "${schema.name}" has ${JSON.stringify(name)}, which is no field name`;
    }
  }
  return undefined;
}

/** Says which hook belongs to no phase of the schema and how to fix it; undefined for none. */
export function misplacedHook(schema: PolicySchema, hooks: unknown): string | undefined {
  if (typeof hooks !== 'object' || hooks === null) return undefined;
  const known: readonly string[] = phases;
  for (const name of methodNames(hooks)) {
    if (known.includes(name) || name === 'close' || name === 'login') continue;
    return `policy "${schema.name}" has a hook for "${name}", which is no phase: the phases are ${phases.join(', ')}`;
  }
  const phase = phases.find(
    (each) => (hooks as PolicyHooks)[each] !== undefined && !schema.phases.includes(each),
  );
  return phase === undefined
    ? undefined
    : `policy "${schema.name}" has a hook for "${phase}": list it in the phases of its schema, which are ${schema.phases.join(', ')}`;
}

/** Names of functions, those of classes included, because hooks may be an instance of one. */
function methodNames(compiled: object): string[] {
  const names: string[] = [];
  for (let at = compiled; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && name !== 'constructor') names.push(name);
  }
  return names;
}

/** Checks what only the alternatives of a request have. */
function alternativeFault(schema: PolicySchema, hooks: PolicyHooks): string | undefined {
  const { authenticate, challenges, hint, optional, required, login } = hooks;
  const policy = `policy "${schema.name}"`;
  if (!isAlternative(schema)) {
    const given = challenges ?? hint ?? optional ?? required ?? login;
    return given === undefined
      ? undefined
      : `${policy} has challenges, a hint, "optional", "required" or login, which only alternatives have: set "authenticates: true" in its schema`;
  }
  // Without its hook the policy would not be one of the alternatives, and requests would pass.
  if (authenticate === undefined)
    return `${policy} says "authenticates" in its schema and has no authenticate hook`;
  if (challenges !== undefined && !isTextList(challenges))
    return `the challenges of ${policy} are not a list of texts`;
  if (hint !== undefined && typeof hint !== 'string') return `the hint of ${policy} is not a text`;
  if (optional !== undefined && typeof optional !== 'boolean')
    return `"optional" of ${policy} is not true or false`;
  if (required !== undefined && typeof required !== 'boolean')
    return `"required" of ${policy} is not true or false`;
  if (required === true && optional === true)
    return `${policy} cannot be both optional and required: choose one`;
  if (required === true && schema.authenticates === 'fallback')
    return `${policy} is a fallback, so it cannot be required`;
  if (login !== undefined && typeof login !== 'function')
    return `login of ${policy} is not a function`;
  for (const challenge of challenges ?? []) {
    try {
      requireValue('WWW-Authenticate', challenge);
    } catch (fault) {
      return `a challenge of ${policy} cannot be sent: ${errorMessage(fault)}`;
    }
  }
  return undefined;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '');
}
