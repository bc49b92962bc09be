import {
  definePolicy,
  deny,
  principal,
  type AuthReason,
  type FoundCredential,
  type HeaderPair,
  type PeerCertificate,
  type PeerFault,
  type Principal,
  type Reply,
} from '@sluice/policy-sdk';
import { stateRefusal, stateRefusals } from '../authentication/credential-state.ts';
import { identitiesOf } from './certificate-identities.ts';
import { mtlsAuthSchema } from './schema.ts';

/** A credential and the value by which it was found. */
interface Found extends FoundCredential {
  readonly lookup: string;
}

export const mtlsAuth = definePolicy({
  schema: mtlsAuthSchema,
  compile({ identities, consumer: { required: needsConsumer }, realm, optional, required }, host) {
    const accepted: ReadonlySet<string> = new Set(identities);
    const challenge = `ClientCertificate realm="${realm}"`;
    const fields: readonly HeaderPair[] = [['WWW-Authenticate', challenge]];
    const refuse = (reason: AuthReason, detail: string): Reply =>
      deny(
        reason === 'expired' ? 'credential_expired' : 'invalid_credential',
        detail,
        fields,
        reason,
      );
    const refusals = stateRefusals(fields, 'Ask for a new certificate.');
    const ofFault: Readonly<Record<PeerFault, Reply>> = {
      untrusted: refuse('unknown', 'The certificate is of no CA that is trusted here.'),
      revoked: refuse('revoked', 'The certificate is revoked: ask for a new one.'),
      expired: refuse('expired', 'The certificate has expired: ask for a new one.'),
      not_yet_valid: refuse('not_yet_valid', 'The certificate is not valid yet.'),
    };
    const malformed = refuse(
      'malformed',
      'The names of the certificate cannot be used: there are too many, or one has control characters.',
    );
    const unknown = refuse('unknown', 'The certificate belongs to no caller that is known here.');
    const conflict = refuse(
      'conflict',
      'The names of the certificate belong to different callers.',
    );

    /** The credential of the certificate, or a refusal; usable ones come first. */
    const find = (cas: readonly string[], names: readonly string[]): Found | Reply | undefined => {
      let found: Found | undefined;
      let refusal: Reply | undefined;
      const nowMs = host.clock.now();
      for (const ca of cas)
        for (const name of names) {
          if (!accepted.has(name.slice(0, name.indexOf(':')))) continue;
          const lookup = `${ca} ${name}`;
          const one = host.credentials.find('mtls', lookup);
          if (one === undefined) continue;
          if (found !== undefined && found.consumer.id !== one.consumer.id) return conflict;
          const state = stateRefusal(one.credential, nowMs, refusals);
          if (found === undefined || refusal !== undefined) {
            found = { ...one, lookup };
            refusal = state;
          }
        }
      return refusal ?? found;
    };

    const accept = (
      certificate: PeerCertificate,
      found: Found | undefined,
      certificateEndMs: number | undefined,
    ): Principal => {
      const isStillValid = (): boolean =>
        host.clientCertificates.verify(certificate).fault === undefined;
      if (found === undefined)
        return principal({
          subject: certificate.subject === '' ? certificate.fingerprint256 : certificate.subject,
          expiresAtMs: certificateEndMs,
          isLive: isStillValid,
        });
      const { consumer, credential, lookup } = found;
      const ends = [certificateEndMs, credential.expiresAtMs].filter((end) => end !== undefined);
      return principal({
        consumer,
        credential,
        expiresAtMs: ends.length === 0 ? undefined : Math.min(...ends),
        isLive: () => {
          const now = host.credentials.find('mtls', lookup)?.credential;
          return isStillValid() && now?.id === credential.id && now.isDisabled !== true;
        },
      });
    };

    return {
      challenges: [challenge],
      hint: 'Present a client certificate in the TLS handshake.',
      optional,
      required,
      authenticate({ peerCertificate: certificate }) {
        if (certificate === undefined) return undefined;
        const { cas, fault, expiresAtMs } = host.clientCertificates.verify(certificate);
        if (fault !== undefined) return ofFault[fault];
        const names = identitiesOf(certificate);
        if (names === 'invalid') return malformed;
        const found = find(cas, names);
        if (found !== undefined && 'status' in found) return found;
        if (found === undefined && needsConsumer) return unknown;
        return accept(certificate, found, expiresAtMs);
      },
    };
  },
});
