/** A subject alternative name of a certificate (RFC 5280 section 4.2.1.6). */
export interface AlternativeName {
  /** `DNS`, `URI`, `email`, `IP`, `DirName` or another type as OpenSSL writes it. */
  readonly type: string;
  readonly value: string;
}

/** A value that Node has quoted as JSON, because it contains a separator or a control character. */
const quoted = /"(?:[^"\\]|\\.)*"/y;

/**
 * Reads the text that `X509Certificate.subjectAltName` gives. A quoted value can contain what looks
 * like another name (CVE-2021-44532): it stays one value.
 */
export function alternativeNames(text: string | undefined): AlternativeName[] {
  const names: AlternativeName[] = [];
  let at = 0;
  while (text !== undefined && at < text.length) {
    const colon = text.indexOf(':', at);
    if (colon < 0) break;
    const type = text.slice(at, colon);
    quoted.lastIndex = colon + 1;
    const json = quoted.exec(text)?.[0];
    const next = text.indexOf(', ', json === undefined ? colon : quoted.lastIndex);
    const end = next < 0 ? text.length : next;
    names.push({
      type: type === 'IP Address' ? 'IP' : type,
      value: json === undefined ? text.slice(colon + 1, end) : (JSON.parse(json) as string),
    });
    at = end + 2;
  }
  return names;
}

/** The DNS names, in lower case. The common name is ignored (RFC 9525 section 2). */
export function dnsNames(text: string | undefined): string[] {
  return alternativeNames(text)
    .filter(({ type }) => type === 'DNS')
    .map(({ value }) => value.toLowerCase());
}
