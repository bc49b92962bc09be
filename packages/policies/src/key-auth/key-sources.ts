import { FieldName, type RequestPart } from '@sluice/policy-sdk';
import { partSources, type PartNames, type PartSource } from '../authentication/part-sources.ts';

/** Where keys may come from. */
export interface KeySourceNames extends PartNames {
  readonly headerNames: readonly string[];
}

/** The parts of a request that may carry a key, and how a client learns of them. */
export interface KeySources {
  readonly headers: readonly FieldName[];
  readonly others: readonly PartSource[];
  /** All parts, for removal. */
  readonly parts: readonly RequestPart[];
  /** Names the first source, in a parameter of the challenge. */
  readonly parameter: string;
  /** Names the first source, in a sentence. */
  readonly place: string;
}

/** Prepares the configured sources; there is one at least. */
export function keySources(names: KeySourceNames): KeySources {
  const headers = names.headerNames.map((name) => new FieldName(name.toLowerCase()));
  const others = partSources(names);
  const parts = [...headers, ...others.map(({ part }) => part)];
  return { headers, others, parts, ...described(names) };
}

function described({
  headerNames: [header],
  queryNames: [parameter] = [],
  cookieNames: [cookie] = [],
  webSocketProtocol: prefix,
}: KeySourceNames): Pick<KeySources, 'parameter' | 'place'> {
  if (header !== undefined) {
    const lower = header.toLowerCase();
    return { parameter: `header="${lower}"`, place: `in the header ${lower}` };
  }
  if (parameter !== undefined)
    return { parameter: `query="${parameter}"`, place: `in the query parameter ${parameter}` };
  if (cookie !== undefined)
    return { parameter: `cookie="${cookie}"`, place: `in the cookie ${cookie}` };
  return {
    parameter: `subprotocol="${prefix}"`,
    place: `as a WebSocket subprotocol, after ${prefix}`,
  };
}
