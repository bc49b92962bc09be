import type {
  LeaseGrant,
  LeaseReport,
  LimitDecision,
  LimitRequest,
  LimitRule,
} from '@sluice/ratelimit';
import type { Period } from '@sluice/schema';

/**
 * A worker's request to the limits of its node. Answered by a {@link Decided} with the same `id`.
 */
export interface Take {
  readonly kind: 'take';
  readonly id: number;
  readonly requests: readonly LimitRequest[];
  readonly cost: number;
}

/**
 * A worker's report about its lease. Answered by a {@link Granted} with the same `id`, unless that
 * is 0.
 */
export interface Renewal {
  readonly kind: 'renewal';
  readonly id: number;
  readonly report: LeaseReport;
}

export type LimitQuestion = Take | Renewal;

/** The node's answer to a take; without decisions when it could not decide. */
export interface Decided {
  readonly kind: 'decided';
  readonly id: number;
  readonly decisions: readonly LimitDecision[] | undefined;
}

export interface Granted {
  readonly kind: 'granted';
  readonly id: number;
  readonly grant: LeaseGrant;
}

export type LimitAnswer = Decided | Granted;

/*
 * There may be one of each for every request that has a limit, so they are sent as one flat JSON array
 * per turn of the event loop, which takes a fifth of the time of structured clones. `request` stands
 * for a key, an algorithm, the two numbers (or the number and the period) of the rule, and the limit
 * or null; null for Infinity.
 *
 *   take      'take', id, cost, number of requests, then the requests
 *   renewal   'renewal', id, request, spent, returned, wanted
 *   decided   'decided', id, number of decisions or -1 without, then of each: allowed, limit, remaining, resetMs, retryAfterMs
 *   granted   'granted', id, granted, left, endMs
 */
type Item = string | number | boolean | null;

/** Writes the questions of a turn. */
export function encodeQuestions(questions: readonly LimitQuestion[]): string {
  const items: Item[] = [];
  for (const question of questions) {
    items.push(question.kind, question.id);
    if (question.kind === 'take') {
      items.push(question.cost, question.requests.length);
      for (const request of question.requests) pushRequest(items, request);
    } else {
      const { spent, returned, wanted } = question.report;
      pushRequest(items, question.report);
      items.push(spent, returned, wanted);
    }
  }
  return JSON.stringify(items);
}

/** Calls `hear` with each question that {@link encodeQuestions} wrote, in the same order. */
export function eachQuestion(text: string, hear: (question: LimitQuestion) => void): void {
  const items = JSON.parse(text) as readonly Item[];
  for (let at = 0; at < items.length;) {
    const kind = items[at++] as LimitQuestion['kind'];
    const id = items[at++] as number;
    if (kind === 'take') {
      const cost = items[at++] as number;
      const count = items[at++] as number;
      const requests: LimitRequest[] = [];
      for (let nth = 0; nth < count; nth++, at += 5) requests.push(requestAt(items, at));
      hear({ kind, id, requests, cost });
    } else {
      const [spent, returned, wanted] = [
        items[at + 5] as number,
        items[at + 6] as number,
        items[at + 7] as number,
      ];
      hear({ kind, id, report: { ...requestAt(items, at), spent, returned, wanted } });
      at += 8;
    }
  }
}

/** Writes the answers of a turn. */
export function encodeAnswers(answers: readonly LimitAnswer[]): string {
  const items: Item[] = [];
  for (const answer of answers) {
    items.push(answer.kind, answer.id);
    if (answer.kind === 'decided') {
      items.push(answer.decisions?.length ?? -1);
      for (const { allowed, limit, remaining, resetMs, retryAfterMs } of answer.decisions ?? [])
        items.push(allowed, limit, remaining, resetMs, retryAfterMs);
    } else items.push(answer.grant.granted, answer.grant.left, answer.grant.endMs);
  }
  return JSON.stringify(items);
}

/** Calls `hear` with each answer that {@link encodeAnswers} wrote, in the same order. */
export function eachAnswer(text: string, hear: (answer: LimitAnswer) => void): void {
  const items = JSON.parse(text) as readonly Item[];
  for (let at = 0; at < items.length;) {
    const kind = items[at++] as LimitAnswer['kind'];
    const id = items[at++] as number;
    if (kind === 'granted') {
      hear({
        kind,
        id,
        grant: {
          granted: items[at] as number,
          left: items[at + 1] as number,
          endMs: timeAt(items, at + 2),
        },
      });
      at += 3;
      continue;
    }
    const count = items[at++] as number;
    const decisions: LimitDecision[] | undefined = count < 0 ? undefined : [];
    for (let nth = 0; nth < count; nth++, at += 5) decisions?.push(decisionAt(items, at));
    hear({ kind, id, decisions });
  }
}

function pushRequest(items: Item[], { key, rule, limit }: LimitRequest): void {
  if (rule.algorithm === 'token-bucket')
    items.push(key, rule.algorithm, rule.ratePerSecond, rule.burst, limit ?? null);
  else items.push(key, rule.algorithm, rule.limit, rule.period, limit ?? null);
}

function requestAt(items: readonly Item[], at: number): LimitRequest {
  const [algorithm, number] = [items[at + 1] as LimitRule['algorithm'], items[at + 2] as number];
  const rule: LimitRule =
    algorithm === 'token-bucket'
      ? { algorithm, ratePerSecond: number, burst: items[at + 3] as number }
      : { algorithm, limit: number, period: items[at + 3] as Period };
  const limit = items[at + 4] as string | null;
  return limit === null
    ? { key: items[at] as string, rule }
    : { key: items[at] as string, rule, limit };
}

function decisionAt(items: readonly Item[], at: number): LimitDecision {
  return {
    allowed: items[at] as boolean,
    limit: items[at + 1] as number,
    remaining: items[at + 2] as number,
    resetMs: timeAt(items, at + 3),
    retryAfterMs: timeAt(items, at + 4),
  };
}

function timeAt(items: readonly Item[], at: number): number {
  return (items[at] as number | null) ?? Number.POSITIVE_INFINITY;
}
