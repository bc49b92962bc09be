import { kindOf } from '@sluice/config';
import type { Kind } from '@sluice/config';

type Members = Readonly<Record<string, unknown>>;

/** The members of a resource that the Admin API shows. */
export function withoutHidden(kind: Kind, members: Members): Members {
  const { hidden } = kindOf(kind);
  return Object.fromEntries(Object.entries(members).filter(([name]) => !hidden.includes(name)));
}
