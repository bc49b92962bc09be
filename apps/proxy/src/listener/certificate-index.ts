import { isValidAt, type KeyPair } from '../net/key-pair.ts';

/** A certificate that clients can get, with the server names that it is chosen for. */
export interface ServerCertificate {
  readonly pair: KeyPair;
  /** DNS names in lower case; the first label may be `*`. */
  readonly names: readonly string[];
  /** The name of the certificate for logs and metrics; unique in an index. */
  readonly label: string;
}

/**
 * Finds a certificate by the server name that a client sends (SNI, RFC 6066). Adding and removing
 * one certificate touches only its own names.
 */
export class CertificateIndex {
  readonly #byName = new Map<string, ServerCertificate[]>();
  readonly #all = new Set<ServerCertificate>();
  #default: ServerCertificate | undefined = undefined;
  /** When the default has to be chosen again, because a certificate expires or becomes valid. */
  #defaultUntilMs = 0;

  get size(): number {
    return this.#all.size;
  }

  /** All certificates, in the order in which they were added. */
  all(): Iterable<ServerCertificate> {
    return this.#all;
  }

  add(certificate: ServerCertificate): void {
    this.#all.add(certificate);
    this.#defaultUntilMs = 0;
    for (const name of new Set(certificate.names)) {
      const others = this.#byName.get(name);
      if (others === undefined) this.#byName.set(name, [certificate]);
      else others.push(certificate);
    }
  }

  remove(certificate: ServerCertificate): void {
    if (!this.#all.delete(certificate)) return;
    this.#defaultUntilMs = 0;
    for (const name of new Set(certificate.names)) {
      const left = this.#byName.get(name)?.filter((other) => other !== certificate) ?? [];
      if (left.length === 0) this.#byName.delete(name);
      else this.#byName.set(name, left);
    }
  }

  /** The certificates for exactly this name, in lower case; it may be a wildcard. */
  named(name: string): readonly ServerCertificate[] | undefined {
    return this.#byName.get(name);
  }

  /**
   * The certificate for clients without a server name and with an unknown one: the first by label
   * of those that are valid, otherwise the first by label.
   */
  defaultAt(nowMs: number): ServerCertificate | undefined {
    if (nowMs < this.#defaultUntilMs) return this.#default;
    let chosen: ServerCertificate | undefined = undefined;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const certificate of this.#all) {
      const { notBeforeMs, notAfterMs } = certificate.pair;
      for (const changeMs of [notBeforeMs, notAfterMs])
        if (changeMs > nowMs) untilMs = Math.min(untilMs, changeMs);
      if (chosen === undefined || precedesAsDefault(certificate, chosen, nowMs))
        chosen = certificate;
    }
    this.#default = chosen;
    this.#defaultUntilMs = untilMs;
    return chosen;
  }
}

function precedesAsDefault(a: ServerCertificate, b: ServerCertificate, nowMs: number): boolean {
  const isValid = isValidAt(a.pair, nowMs);
  if (isValid !== isValidAt(b.pair, nowMs)) return isValid;
  return a.label < b.label;
}

/**
 * Chooses between certificates for one name: a valid one, then the one that expires last, then the
 * first by label. Certificates from files come first when all else is equal.
 */
export function chooseForName(
  files: readonly ServerCertificate[] | undefined,
  resources: readonly ServerCertificate[] | undefined,
  nowMs: number,
): ServerCertificate | undefined {
  if (files === undefined && resources?.length === 1) return resources[0];
  let chosen: ServerCertificate | undefined = undefined;
  for (const list of [files, resources]) {
    let best: ServerCertificate | undefined = undefined;
    for (const candidate of list ?? [])
      if (best === undefined || compare(candidate, best, nowMs) < 0) best = candidate;
    if (best === undefined) continue;
    if (chosen === undefined || compare(best, chosen, nowMs, true) < 0) chosen = best;
  }
  return chosen;
}

function compare(
  a: ServerCertificate,
  b: ServerCertificate,
  nowMs: number,
  ignoresLabels = false,
): number {
  const validity = Number(isValidAt(b.pair, nowMs)) - Number(isValidAt(a.pair, nowMs));
  if (validity !== 0) return validity;
  if (a.pair.notAfterMs !== b.pair.notAfterMs) return b.pair.notAfterMs - a.pair.notAfterMs;
  if (ignoresLabels || a.label === b.label) return 0;
  return a.label < b.label ? -1 : 1;
}
