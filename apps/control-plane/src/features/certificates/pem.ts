/** One block of a PEM text (RFC 7468). */
export interface PemBlock {
  readonly label: string;
  /** The block with its first and last line. */
  readonly text: string;
}

const begin = '-----BEGIN ';
const dashes = '-----';

/**
 * Splits a PEM text into its blocks. Text between blocks is ignored, as RFC 7468 allows. Returns a
 * message for a text that has no block, or a block without an end. Takes linear time.
 */
export function pemBlocks(text: string): PemBlock[] | string {
  const blocks: PemBlock[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(begin, at);
    const rest = text.slice(at, start < 0 ? undefined : start);
    if (rest.includes(dashes))
      return 'is not PEM: it has a line of dashes that begins or ends no block';
    if (start < 0) break;
    const labelEnd = text.indexOf(dashes, start + begin.length);
    const label = labelEnd < 0 ? '' : text.slice(start + begin.length, labelEnd);
    if (!/^[A-Z0-9 ]{1,40}$/.test(label)) return 'is not PEM: a block has no proper first line';
    const last = `-----END ${label}-----`;
    const end = text.indexOf(last, labelEnd);
    if (end < 0) return `is not PEM: the block "${label}" has no end; copy the whole text`;
    at = end + last.length;
    blocks.push({ label, text: `${text.slice(start, at)}\n` });
  }
  return blocks.length > 0
    ? blocks
    : 'is not PEM: it needs a block "-----BEGIN CERTIFICATE-----" or "-----BEGIN PRIVATE KEY-----"';
}
