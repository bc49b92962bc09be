import { guarded } from '@sluice/errors';
import { misplacedHook } from '../hooks.ts';
import type { PolicyHost } from '../host.ts';
import type { Policy, PolicyHooks } from '../policy.ts';

/**
 * Compiles a policy to see which hooks it has, and says which of them would never run; undefined
 * when there is none. No hook is called. The host does nothing, and so does a configuration that has
 * no defaults; a policy that cannot be compiled with them is not checked.
 */
export function placementFault(policy: Policy): string | undefined {
  const { schema } = policy;
  let hooks: PolicyHooks;
  try {
    const parsed = schema.config.safeParse({});
    hooks = policy.compile(parsed.success ? parsed.data : placeholder, placeholder as PolicyHost);
  } catch {
    return undefined;
  }
  if (hooks === placeholder) return undefined;
  const fault = misplacedHook(schema, hooks);
  const close: unknown = (hooks as PolicyHooks | undefined)?.close;
  if (typeof close === 'function') guarded('lifecycle', () => close.call(hooks) as unknown)();
  return fault;
}

/** Has every property and can be called; each result is the placeholder again. */
const placeholder: unknown = new Proxy(() => undefined, {
  get: (_, property) => {
    // Not a promise, an empty list, and as a primitive the number 1 or the text "1": loops end.
    if (property === 'then') return undefined;
    if (property === Symbol.iterator) return [][Symbol.iterator];
    if (property === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? 1 : '1');
    return placeholder;
  },
  apply: () => placeholder,
  construct: () => placeholder as object,
});
