import type { Exchange } from '@sluice/policy-sdk';
import { claimAt } from '@sluice/tokens';
import type { facts } from './schema.ts';

type Fact = (typeof facts)[number];

/** Reads one fact about the caller; undefined when there is none. */
export type ReadFact = (exchange: Exchange) => unknown;

const readers: Readonly<Record<Fact, ReadFact>> = {
  consumerId: ({ consumer }) => consumer?.id,
  username: ({ consumer }) => consumer?.username,
  customId: ({ consumer }) => consumer?.customId,
  consumerGroups: ({ consumer }) => consumer?.groups,
  tokenGroups: ({ tokenGroups }) => tokenGroups,
  groups: allGroups,
  credentialId: ({ credential }) => credential?.id,
  subject: ({ subject }) => subject,
};

/** Prepares to read a fact, or the claim at a path. */
export function factReader(fact: Fact | undefined, claim: readonly string[] | undefined): ReadFact {
  if (claim !== undefined) return ({ claims }) => claimAt(claims, claim);
  return readers[fact as Fact];
}

/** The groups of the consumer, then those of its token, each once; undefined without any. */
export function allGroups({ consumer, tokenGroups }: Exchange): readonly string[] | undefined {
  const own = consumer?.groups;
  if (tokenGroups === undefined || tokenGroups.length === 0) return own;
  return own === undefined ? tokenGroups : [...new Set([...own, ...tokenGroups])];
}
