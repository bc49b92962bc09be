import { errorMessage } from '@sluice/errors';
import { fieldErrors, nameOf, resourceSchemas, type Resource, type Spec } from '@sluice/config';
import type { PolicyChain } from '@sluice/policy-sdk/run';
import type { ConfigFault } from '@sluice/wire';
import { pointerOf } from './compile-fault.ts';
import { servedKind } from './kinds/kinds.ts';
import type { CompileContext, CompileTools } from './kinds/served-kind.ts';
import { compileChain, isFaulty, quarantineReason, refusingChain } from './policy-chain.ts';
import type { ServedResource } from './served.ts';

/** A compiled resource and its faults. A faulty resource refuses requests: it fails closed. */
export interface Compiled {
  readonly served: ServedResource | undefined;
  readonly faults: readonly ConfigFault[];
}

/**
 * Compiles a resource for the request path without putting it in service. Never throws. A resource
 * that this node cannot read, or whose policies cannot be compiled, becomes a refusal; `served` is
 * undefined when its kind has no refusal.
 * @param find see {@link CompileTools}
 */
export function compileResource(
  resource: Resource,
  context: CompileContext,
  find: CompileTools['find'],
): Compiled {
  const { kind, id } = resource;
  const own = servedKind(kind);
  const parsed = resourceSchemas[kind].safeParse(resource.spec);
  const name = nameOf(kind, resource.spec);
  const refusal = (faults: readonly ConfigFault[]): Compiled => {
    const reason = quarantineReason(kind, name, faults);
    return { served: own.refuse?.({ id, name, spec: resource.spec, reason }), faults };
  };
  const invalid = parsed.success
    ? (own.specFaults?.(parsed.data, context) ?? [])
    : fieldErrors(parsed.error);
  if (!parsed.success || invalid.length > 0) {
    return refusal(
      invalid.map(({ pointer, detail }) => ({
        kind,
        id,
        name,
        pointer,
        code: 'invalid_resource',
        reason: detail,
      })),
    );
  }
  const faults: ConfigFault[] = [];
  const acquired: PolicyChain[] = [];
  const chainOf: CompileTools['chainOf'] = (holder, policies) => {
    const chain = compileChain({ kind: holder, id, name, policies }, context);
    if (!isFaulty(chain)) {
      acquired.push(chain);
      return chain;
    }
    faults.push(...chain.map((fault) => ({ kind, id, name, ...fault })));
    return refusingChain(holder, quarantineReason(kind, name, chain));
  };
  const report = (pointer: string, reason: string): void =>
    void faults.push({ kind, id, name, pointer, code: 'resource_compile_failed', reason });
  try {
    const spec = shareEmptyLists(parsed.data);
    return {
      served: own.compile({ kind, id, name, spec }, { context, chainOf, find, report }),
      faults,
    };
  } catch (fault) {
    for (const chain of acquired) context.shared.release(chain);
    const reason = errorMessage(fault);
    report(pointerOf(fault), reason);
    return refusal(faults);
  }
}

const nothing: readonly never[] = Object.freeze([]);

/** Replaces empty lists by one shared list, to save memory with millions of consumers and keys. */
function shareEmptyLists(spec: Spec): Spec {
  const properties = spec as Record<string, unknown>;
  for (const property of Object.keys(properties)) {
    const value = properties[property];
    if (Array.isArray(value) && value.length === 0) properties[property] = nothing;
  }
  return spec;
}
