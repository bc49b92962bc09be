/**
 * Removal of hop-by-hop fields: RFC 9110 section 7.6.1.
 *
 * It runs before the gateway adds its own fields, so a client cannot nominate those.
 */
import { CONNECTION, numberOfKnown, TE } from './field-names.ts';
import { connectionOption } from './framing.ts';
import type { HeaderList } from './header-list.ts';
import { plainFieldName } from './protected-names.ts';

export interface HopByHopOptions {
  /** Keep `TE: trailers` and `Trailer`, for a route that passes trailers on (gRPC). */
  readonly keepTrailers?: boolean;
  /**
   * Plain names of fields that `Connection` cannot nominate, because the gateway or its policies
   * set them; see `plainFieldName`.
   */
  readonly keep?: ReadonlySet<string> | undefined;
}

const HOP_BY_HOP = (
  [
    'connection',
    'keep-alive',
    'proxy-connection',
    'proxy-authenticate',
    'proxy-authorization',
    'te',
    'transfer-encoding',
    'upgrade',
  ] as const
).map(numberOfKnown);
const HOP_BY_HOP_AND_TRAILER = [...HOP_BY_HOP, numberOfKnown('trailer')];

/**
 * Removes the hop-by-hop fields and those that `Connection` nominates from `headers`. With
 * `keepTrailers`, a TE field that lists `trailers` is replaced by exactly that.
 */
export function removeHopByHop(headers: HeaderList, options: HopByHopOptions = {}): void {
  const keepsTrailers = options.keepTrailers === true;
  const acceptsTrailers =
    keepsTrailers && headers.hasKnown(TE) && listOf(headers, 'te').has('trailers');
  const connection = headers.getKnown(CONNECTION);
  if (
    connection !== undefined &&
    (headers.repeats(CONNECTION) || connectionOption(connection) === 0)
  ) {
    const nominated = listOf(headers, 'connection');
    if (keepsTrailers) nominated.delete('trailer');
    if (options.keep !== undefined)
      for (const name of nominated)
        if (options.keep.has(plainFieldName(name))) nominated.delete(name);
    headers.removeAll(nominated);
  }
  headers.removeKnown(keepsTrailers ? HOP_BY_HOP : HOP_BY_HOP_AND_TRAILER);
  if (acceptsTrailers) headers.add('te', 'trailers');
}

/**
 * The lower-case members of a comma-separated field. The size of the header block bounds their
 * number.
 */
function listOf(headers: HeaderList, name: string): Set<string> {
  const members = new Set<string>();
  for (const line of headers.getAll(name)) {
    for (const part of line.toLowerCase().split(',')) members.add(part.trim());
  }
  return members;
}
