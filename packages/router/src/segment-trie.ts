import type { Candidate } from './candidate.ts';
import { append, better, withCandidate, withoutCandidate } from './candidate-list.ts';
import type { CandidateList } from './candidate-list.ts';
import { comparePrecedence } from './candidate.ts';
import { meets } from './conditions.ts';
import { matchesRegex, segmentEnd } from './path-match.ts';
import { parameterSegment } from './path-pattern.ts';
import type { PathPattern } from './path-pattern.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/** One place in the trie: the segments that lead here are its name. */
interface TrieNode<R extends RouteSpec> {
  literals: Map<string, TrieNode<R>> | undefined;
  parameter: TrieNode<R> | undefined;
  /** Patterns that end here and match only a path that ends here. */
  templates: CandidateList<R> | undefined;
  /** Patterns that end here and match whatever follows. */
  prefixes: CandidateList<R> | undefined;
  /** Expressions whose matches all lead through here. */
  regexes: CandidateList<R> | undefined;
}

/** Templates, prefixes and regular expressions of one host, by the segments they begin with. */
export class SegmentTrie<R extends RouteSpec> {
  private readonly root: TrieNode<R> = makeNode();

  get isEmpty(): boolean {
    return isBare(this.root);
  }

  add(candidate: Candidate<R>): void {
    const { kind, segments } = candidate.pattern;
    let node = this.root;
    for (const segment of segments) node = childFor(node, segment);
    if (kind === 'template') node.templates = withCandidate(node.templates, candidate);
    else if (kind === 'prefix') node.prefixes = withCandidate(node.prefixes, candidate);
    else node.regexes = withCandidate(node.regexes, candidate);
  }

  remove(candidate: Candidate<R>): void {
    removeBelow(this.root, candidate, 0);
  }

  /**
   * The candidate that comes first among those that match the request. Explores the literal and the parameter branch at
   * each segment, so its time is bounded by the number of nodes whose name matches the path's beginning.
   */
  best(request: MatchRequest): Candidate<R> | undefined {
    return request.path.startsWith('/') ? bestBelow(this.root, request, 0, undefined) : undefined;
  }

  /** Appends every candidate whose path matches, in no particular order. */
  collect(path: string, into: Candidate<R>[]): void {
    if (path.startsWith('/')) collectBelow(this.root, path, 0, into);
  }

  /** The candidates that might match every path a pattern matches: those of its own shape, and for a regex the prefixes above. */
  possiblyCovering({ kind, segments }: PathPattern): Candidate<R>[] {
    const found: Candidate<R>[] = [];
    let nodes = [this.root];
    if (kind === 'regex') append(this.root.prefixes, found);
    for (const segment of segments) {
      nodes = nodes.flatMap((node) => childrenCovering(node, segment, kind));
      if (kind === 'regex') for (const node of nodes) append(node.prefixes, found);
    }
    for (const node of nodes) append(kind === 'template' ? node.templates : kind === 'prefix' ? node.prefixes : node.regexes, found);
    return found;
  }
}

/** For a regex a parameter covers the literal segment too; templates and prefixes have to be of the same shape. */
function childrenCovering<R extends RouteSpec>(node: TrieNode<R>, segment: string, kind: PathPattern['kind']): TrieNode<R>[] {
  const literal = node.literals?.get(segment);
  const parameter = kind === 'regex' || segment === parameterSegment ? node.parameter : undefined;
  return [literal, parameter].filter((child) => child !== undefined);
}

/** `slash` is where the next segment's slash stands, or the length of the path. Deeper candidates are tried first. */
function bestBelow<R extends RouteSpec>(node: TrieNode<R>, request: MatchRequest, slash: number, before: Candidate<R> | undefined): Candidate<R> | undefined {
  const { path } = request;
  let best = before;
  if (slash === path.length) {
    best = better(node.templates, request, best);
  } else if (node.literals !== undefined || node.parameter !== undefined) {
    const end = segmentEnd(path, slash);
    const literal = node.literals?.get(path.substring(slash + 1, end));
    if (literal !== undefined) best = bestBelow(literal, request, end, best);
    if (node.parameter !== undefined && end > slash + 1) best = bestBelow(node.parameter, request, end, best);
  }
  best = better(node.prefixes, request, best);
  return node.regexes === undefined ? best : betterRegex(node.regexes, request, best);
}

function betterRegex<R extends RouteSpec>(list: CandidateList<R>, request: MatchRequest, best: Candidate<R> | undefined): Candidate<R> | undefined {
  for (const candidate of list) {
    if (best !== undefined && comparePrecedence(best, candidate) < 0) return best;
    if (matchesRegex(candidate.pattern, request.path) && meets(candidate.conditions, request)) return candidate;
  }
  return best;
}

function collectBelow<R extends RouteSpec>(node: TrieNode<R>, path: string, slash: number, into: Candidate<R>[]): void {
  append(node.prefixes, into);
  append(node.regexes?.filter(({ pattern }) => matchesRegex(pattern, path)), into);
  if (slash === path.length) {
    append(node.templates, into);
    return;
  }
  const end = segmentEnd(path, slash);
  const literal = node.literals?.get(path.substring(slash + 1, end));
  if (literal !== undefined) collectBelow(literal, path, end, into);
  if (node.parameter !== undefined && end > slash + 1) collectBelow(node.parameter, path, end, into);
}

/** Nodes left bare on the way are taken out. */
function removeBelow<R extends RouteSpec>(node: TrieNode<R>, candidate: Candidate<R>, depth: number): void {
  const { kind, segments } = candidate.pattern;
  const segment = segments[depth];
  if (segment === undefined) {
    if (kind === 'template') node.templates = withoutCandidate(node.templates, candidate);
    else if (kind === 'prefix') node.prefixes = withoutCandidate(node.prefixes, candidate);
    else node.regexes = withoutCandidate(node.regexes, candidate);
    return;
  }
  const child = segment === parameterSegment ? node.parameter : node.literals?.get(segment);
  if (child === undefined) return;
  removeBelow(child, candidate, depth + 1);
  if (!isBare(child)) return;
  if (segment === parameterSegment) node.parameter = undefined;
  else node.literals?.delete(segment);
  if (node.literals?.size === 0) node.literals = undefined;
}

function childFor<R extends RouteSpec>(node: TrieNode<R>, segment: string): TrieNode<R> {
  if (segment === parameterSegment) return (node.parameter ??= makeNode());
  node.literals ??= new Map();
  const existing = node.literals.get(segment);
  if (existing !== undefined) return existing;
  const made = makeNode<R>();
  node.literals.set(segment, made);
  return made;
}

function makeNode<R extends RouteSpec>(): TrieNode<R> {
  return { literals: undefined, parameter: undefined, templates: undefined, prefixes: undefined, regexes: undefined };
}

function isBare<R extends RouteSpec>(node: TrieNode<R>): boolean {
  return (
    node.literals === undefined && node.parameter === undefined && node.templates === undefined && node.prefixes === undefined && node.regexes === undefined
  );
}
