import { knownVariables } from './known-variables.ts';

const prefix = 'SLUICE_';
const maxWarnings = 20;
const maxNameChars = 80;
/** A name that differs in more than a third of its characters is hardly a misspelling. */
const maxDifference = 1 / 3;

/** The variables that Kubernetes and Docker links add for a service whose name begins with sluice. */
const ofServices =
  /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const serviceAddress = /^(?:tcp|udp|sctp):\/\//;

/**
 * Returns a sentence for each variable that begins with SLUICE_ and is no setting, with the nearest
 * name of one. Never contains values.
 * @param own the names of the settings of this program
 */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  own: readonly string[],
): string[] {
  const known = new Set([...knownVariables, ...own]);
  const unknown = Object.keys(env)
    .filter(
      (name) =>
        name.toUpperCase().startsWith(prefix) &&
        !known.has(name) &&
        !ofServices.test(name) &&
        !serviceAddress.test(env[name] ?? ''),
    )
    .sort();
  const warnings = unknown.slice(0, maxWarnings).map((name) => {
    const nearest = nearestName(name.slice(0, maxNameChars), [...known]);
    const question = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    return `${name.slice(0, maxNameChars)} is not a setting and is ignored${question}`;
  });
  const more = unknown.length - warnings.length;
  if (more > 0) warnings.push(`${more} more variables that begin with ${prefix} are not settings`);
  return warnings;
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.floor((name.length - prefix.length) * maxDifference) + 1;
  for (const candidate of known) {
    const difference = distance(name.toUpperCase(), candidate);
    if (difference < least) [nearest, least] = [candidate, difference];
  }
  return nearest;
}

/** The number of insertions, deletions, substitutions and swaps that turn one text into another. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let least = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
      );
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap && row > 1 && column > 1) least = Math.min(least, at(beforeLast, column - 2) + 1);
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY;
}
