import { secretOf } from '@sluice/config';
import type { FoundCredential } from '@sluice/policy-sdk';
import type { NotedCredential } from '../exchange/credential-use.ts';
import type { ConsumerView, ServedCredential } from './served.ts';

/** Finds a credential in the configuration that is in service when it is called. */
export type FindCurrent = (type: string, lookup: string) => FoundCredential | undefined;

/**
 * Joins a credential with its consumer. `isLive` of the result does not keep this configuration in
 * memory: it looks the credential up in the one that has replaced it.
 * @param lookup the value by which the credential was found
 */
export function joinCredential(
  { id, name, spec }: ServedCredential,
  consumer: ConsumerView,
  lookup: string,
  findCurrent: FindCurrent,
): FoundCredential {
  const { type } = spec;
  const secret = secretOf(spec);
  const consumerId = consumer.id;
  const credential: NotedCredential = {
    type,
    id,
    name,
    expiresAtMs: spec.expiresAt === undefined ? undefined : Date.parse(spec.expiresAt),
    isDisabled: spec.disabled === true,
    noteAgainAtMs: 0,
    replacedBy: undefined,
    isLive: () => {
      const now = findCurrent(type, lookup);
      // Another hash of the same password revokes nothing.
      const isSame = now?.secret === secret || now?.secret === credential.replacedBy;
      return isSame && isUsable(now, id, consumerId);
    },
  };
  const algorithm = 'algorithm' in spec ? spec.algorithm : undefined;
  return { consumer, credential, secret, algorithm };
}

function isUsable(found: FoundCredential | undefined, id: string, consumerId: string): boolean {
  if (found === undefined) return false;
  const { credential, consumer } = found;
  const { expiresAtMs, isDisabled } = credential;
  return (
    credential.id === id &&
    consumer.id === consumerId &&
    isDisabled !== true &&
    (expiresAtMs === undefined || expiresAtMs > Date.now())
  );
}
