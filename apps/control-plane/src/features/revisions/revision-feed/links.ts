import { kindOf, kinds, referencesOf } from '@sluice/config';
import type { Kind, Spec } from '@sluice/config';

/** What a resource means for the delivery of others. All are ids. */
export interface Links {
  /** The gateways whose nodes receive the resource because it names them. */
  readonly gateways: readonly string[];
  /** The resources that every node receives which receives this one. */
  readonly uses: readonly string[];
}

export const noLinks: Links = Object.freeze({ gateways: [], uses: [] });

const byGateway: ReadonlySet<string> = new Set(
  kinds.filter((kind) => kindOf(kind).delivery === 'by-gateway'),
);

/** True when not every gateway receives the resources of a kind. */
export function isDeliveredByGateway(kind: Kind): boolean {
  return byGateway.has(kind);
}

/** Kinds that are delivered by gateway and that other kinds than routes to gateways refer to. */
const usedKinds: ReadonlySet<string> = new Set(
  kinds
    .flatMap((kind) => Object.values(kindOf(kind).references))
    .filter((target) => target !== 'gateway' && byGateway.has(target)),
);

/** True when a node may receive a resource of this kind because another one refers to it. */
export function isUsedByOthers(kind: Kind): boolean {
  return usedKinds.has(kind);
}

/** Reads the links of a resource; each id once. `spec` is null when the resource was deleted. */
export function linksOf(kind: Kind, spec: Spec | null): Links {
  if (spec === null || !mayLink(kind)) return noLinks;
  const gateways = new Set<string>();
  const uses = new Set<string>();
  for (const { kind: target, target: id } of referencesOf(kind, spec)) {
    if (target === 'gateway') gateways.add(id);
    else if (byGateway.has(target)) uses.add(id);
  }
  if (gateways.size === 0 && uses.size === 0) return noLinks;
  return { gateways: [...gateways], uses: [...uses] };
}

const linkingKinds: ReadonlySet<Kind> = new Set(
  kinds.filter((kind) =>
    Object.values(kindOf(kind).references).some((each) => byGateway.has(each)),
  ),
);

/** Most resources, such as credentials, have no links and are not searched for them. */
function mayLink(kind: Kind): boolean {
  return linkingKinds.has(kind);
}
