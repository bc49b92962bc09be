import type { Hello } from '@sluice/wire';
import type { NodeCapabilities } from '../features/nodes/node-capabilities.ts';

const maxKinds = 256;
const maxKindLength = 64;

/** Reads the capabilities of a node from its hello. `isPrivate`: others cannot read the stream. */
export function capabilitiesOf(
  { kinds, schemaLevel }: Pick<Hello, 'kinds' | 'schemaLevel'>,
  isPrivate: boolean,
): NodeCapabilities {
  const named = kinds.slice(0, maxKinds).map((kind) => kind.slice(0, maxKindLength));
  return {
    schemaLevel: Math.min(schemaLevel, 0x7fff_ffff),
    kinds: [...new Set(named)].sort(),
    mayReceiveSecrets: isPrivate,
  };
}
