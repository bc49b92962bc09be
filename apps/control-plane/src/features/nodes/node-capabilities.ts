import type { Hello } from '@sluice/wire';
import { storableText } from './storable.ts';

const maxKinds = 256;
const maxKindLength = 64;

/** What a node can be sent. */
export interface NodeCapabilities {
  /** Level of the node's schemas; 0 when it does not say. */
  readonly schemaLevel: number;
  /** The kinds of resources that it understands, sorted; empty when it does not name them. */
  readonly kinds: readonly string[];
  /** False when the connection to the node is readable by others. */
  readonly mayReceiveSecrets: boolean;
}

/** Reads the capabilities of a node from its hello. `isPrivate`: others cannot read the stream. */
export function capabilitiesOf(
  { kinds, schemaLevel }: Pick<Hello, 'kinds' | 'schemaLevel'>,
  isPrivate: boolean,
): NodeCapabilities {
  const named = kinds.slice(0, maxKinds).map((kind) => storableText(kind, maxKindLength));
  return {
    schemaLevel: Math.min(schemaLevel, 0x7fff_ffff),
    kinds: [...new Set(named)].sort(),
    mayReceiveSecrets: isPrivate,
  };
}
