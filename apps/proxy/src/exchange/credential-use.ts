import type { Credential } from '@sluice/policy-sdk';
import type { ProxyServices } from './proxy-services.ts';

/** A credential of the configuration in service, with the time from which a use is noted again. */
export interface NotedCredential extends Credential {
  /** On the clock of `performance.now`; 0 until a first use. */
  noteAgainAtMs: number;
  /** The hash that this process has reported in place of the stored one. */
  replacedBy: string | undefined;
}

/** A use is noted this long after the last one that was noted. */
const noteEveryMs = 60_000;

/**
 * Notes that a request has authenticated with a credential: one comparison, except once a minute
 * for each credential. Credentials that a policy has made up are not noted.
 */
export function noteUse(
  credential: Credential | undefined,
  startedAtMs: number,
  proxy: Pick<ProxyServices, 'noteCredentialUse'>,
): void {
  const noted = credential as NotedCredential | undefined;
  // Also false for a credential without the property.
  if (noted === undefined || !(noted.noteAgainAtMs <= startedAtMs)) return;
  noted.noteAgainAtMs = startedAtMs + noteEveryMs;
  proxy.noteCredentialUse(noted.id);
}
