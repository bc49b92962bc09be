import type { Exchange } from './exchange.ts';

/**
 * Names by their beginnings, in the form that `HeaderList.removeAll` asks. It is asked for every field of every request:
 * most names do not begin with the letter and cost one comparison.
 */
class NamesBeginningWith extends Set<string> {
  readonly #beginnings: readonly string[];

  constructor(...beginnings: string[]) {
    super();
    this.#beginnings = beginnings;
  }

  override has(name: string): boolean {
    const first = name.charCodeAt(0);
    if (first !== LETTER_X && first !== LETTER_F) return false;
    for (const beginning of this.#beginnings) if (name.startsWith(beginning)) return true;
    return false;
  }
}

const LETTER_F = 0x66;
const LETTER_X = 0x78;

/** Fields by which the gateway tells upstreams who calls. A client that sends one is claiming to be somebody. */
const identity = new NamesBeginningWith('x-consumer-', 'x-credential-');
/** The same, and those by which proxies tell where a request came from: only a trusted proxy may say that. */
const identityAndOrigin = new NamesBeginningWith('x-consumer-', 'x-credential-', 'x-forwarded-', 'x-real-ip', 'forwarded');

/**
 * Takes away what a client may not claim, before a route or policy looks. Spellings with `_` or `.` never get this far,
 * see packages/http1.
 */
export function removeClientClaims({ headers, isPeerTrusted }: Exchange): void {
  headers.removeAll(isPeerTrusted ? identity : identityAndOrigin);
}

/** Adds who was authenticated, for the upstream to rely on. */
export function addIdentity(exchange: Exchange): void {
  const { consumer, credential, headers } = exchange;
  if (consumer === undefined) return;
  headers.add('X-Consumer-Id', consumer.id);
  headers.add('X-Consumer-Username', consumer.username);
  if (consumer.customId !== undefined) headers.add('X-Consumer-Custom-Id', consumer.customId);
  if (consumer.groupsText !== '') headers.add('X-Consumer-Groups', consumer.groupsText);
  if (credential !== undefined) headers.add('X-Credential-Id', credential.id);
}
