import type { KeyObject } from 'node:crypto';

/**
 * What a key of the gateway is for: `identity` keys sign what the gateway states about callers,
 * `session` keys encrypt sessions that clients keep.
 */
export type KeyUse = 'identity' | 'session';

/** A key of the gateway. The control plane creates it; all nodes of the gateway have it. */
export interface HostKey {
  /** Identifies the key in tokens. */
  readonly kid: string;
  readonly use: KeyUse;
  /** `identity`: an ECDSA key on P-256. `session`: 256 bits for AES-GCM. */
  readonly algorithm: 'ES256' | 'A256GCM';
  /** The private key of `identity`, the secret key of `session`. */
  readonly key: KeyObject;
  /** The public key of `identity` with `kid`, `use` and `alg` (RFC 7517); undefined for secrets. */
  readonly publicJwk: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The keys of the gateway. The schema of the policy lists the uses that it needs in `keys`: the
 * control plane creates them with the first policy that does. Ask again for each use, because keys
 * are replaced while the policy runs.
 */
export interface HostKeys {
  /** The key to sign or encrypt with now; undefined when this node has none. */
  current(use: KeyUse): HostKey | undefined;
  /**
   * All keys to accept: the current one first, then the next ones, which other nodes may use
   * already, and former ones. The list is replaced when they change.
   */
  all(use: KeyUse): readonly HostKey[];
}

/** The keys of a host that has none. */
export const noKeys: HostKeys = Object.freeze({ current: () => undefined, all: () => [] });
