/**
 * Runs generated conversations through our parsers and the native one, and counts how they compare.
 */
import { RequestParser, ResponseParser } from '../src/index.ts';
import { collectRequests, collectResponses, cut } from './collect.ts';
import { compare } from './compare.ts';
import { generateCuts, generateRequests, generateResponses } from './generate.ts';
import { collectNatively } from './llhttp.ts';
import { Random } from './random.ts';
import { strictness } from './strictness.ts';

export interface DifferentialFailure {
  /** A run of one case with this seed repeats it. */
  readonly seed: number;
  readonly difference: string;
  readonly input: string;
}

export interface DifferentialReport {
  cases: number;
  /** Messages that both parsers read to their end, with the same content. */
  agreedMessages: number;
  /** Conversations for which both report the same throughout. */
  same: number;
  /** Conversations in which ours is stricter, by the names of {@link strictness}. */
  readonly stricter: Map<string, number>;
  /** The first hundred unexplained differences, and their number. */
  readonly failures: DifferentialFailure[];
  failureCount: number;
}

const MAX_FAILURES_KEPT = 100;

/**
 * Runs cases with the seeds `firstSeed`, `firstSeed + 1`, and so on. Requests and responses
 * alternate at random.
 */
export function runDifferential(cases: number, firstSeed: number): DifferentialReport {
  const report: DifferentialReport = {
    cases,
    agreedMessages: 0,
    same: 0,
    stricter: new Map(),
    failures: [],
    failureCount: 0,
  };
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) runCase(seed, report);
  return report;
}

function runCase(seed: number, report: DifferentialReport): void {
  const random = new Random(seed);
  const isRequest = random.once(2);
  const { text, expected, closes } = isRequest
    ? { text: generateRequests(random), expected: [], closes: false }
    : generateResponses(random);
  const bytes = Buffer.from(text, 'latin1');
  const reads = cut(bytes, generateCuts(random, bytes.length));
  const ours = isRequest
    ? collectRequests(new RequestParser(), reads, true)
    : collectResponses(new ResponseParser(), reads, expected, closes);
  const theirs = collectNatively(reads, isRequest ? undefined : expected, closes);
  const verdict = compare(ours, theirs, isRequest);
  report.agreedMessages += ours.messages.filter(
    (message, at) => message.ended && theirs.messages[at]?.ended,
  ).length;
  if (verdict.kind === 'same') {
    report.same++;
  } else if (verdict.kind === 'stricter' && Object.hasOwn(strictness, verdict.by)) {
    report.stricter.set(verdict.by, (report.stricter.get(verdict.by) ?? 0) + 1);
  } else {
    const difference =
      verdict.kind === 'failure'
        ? verdict.difference
        : `stricter by ${verdict.by}, which has no name in strictness.ts`;
    if (++report.failureCount <= MAX_FAILURES_KEPT)
      report.failures.push({ seed, difference, input: text });
  }
}
