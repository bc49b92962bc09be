import { earlyPhases, phases } from './phases.ts';
import type { AttachPoint, PolicyHooks, PolicySchema } from './policy.ts';

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
  const known: readonly string[] = phases;
  for (const [name, hook] of Object.entries(compiled)) {
    if (known.includes(name) || typeof hook !== 'function') continue;
    return `policy "${schema.name}" has a hook for "${name}", which is no phase: the phases are ${phases.join(', ')}`;
  }
  for (const phase of phases) {
    const hook: unknown = hooks[phase];
    if (hook === undefined) continue;
    if (typeof hook !== 'function')
      return `the ${phase} hook of policy "${schema.name}" is not a function`;
    if (!schema.phases.includes(phase)) {
      return `policy "${schema.name}" has a hook for "${phase}": list it in the phases of its schema, which are ${schema.phases.join(', ')}`;
    }
    if ((at === 'consumer' || at === 'group') && earlyPhases.includes(phase)) {
      return `policy "${schema.name}" has a hook for "${phase}", which would never run on a ${at}: that phase is over before the caller is known`;
    }
  }
  return undefined;
}
