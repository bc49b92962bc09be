import { describe, expect, it } from '@jest/globals';
import type { LimitDecision, LimitRequest } from '@sluice/ratelimit';
import {
  eachAnswer,
  eachQuestion,
  encodeAnswers,
  encodeQuestions,
  type LimitAnswer,
  type LimitQuestion,
} from './limit-messages.ts';

const bucket: LimitRequest = {
  key: 'a|consumer:"ü"\n',
  rule: { algorithm: 'token-bucket', ratePerSecond: 1 / 3, burst: 2 },
};
const window: LimitRequest = {
  key: '',
  rule: { algorithm: 'window', limit: Number.MAX_SAFE_INTEGER, period: 'month' },
};
const allowed: LimitDecision = {
  allowed: true,
  limit: 3,
  remaining: 2,
  resetMs: 1,
  retryAfterMs: 0,
};
const never: LimitDecision = {
  allowed: false,
  limit: 3,
  remaining: 0,
  resetMs: 40,
  retryAfterMs: Number.POSITIVE_INFINITY,
};
const renewal: LimitQuestion = {
  kind: 'renewal',
  id: 3,
  report: { ...window, spent: 1, returned: 2, wanted: 3 },
};

describe('questions', () => {
  it.each<[string, readonly LimitQuestion[]]>([
    ['none', []],
    ['of one limit', [{ kind: 'take', id: 1, requests: [bucket], cost: 1 }]],
    [
      'of several limits, and of none',
      [
        { kind: 'take', id: 1, requests: [window, bucket, window], cost: 0 },
        { kind: 'take', id: 2, requests: [], cost: 1 },
      ],
    ],
    [
      'costs that are no whole numbers',
      [{ kind: 'take', id: 2 ** 40, requests: [bucket], cost: 0.1 }],
    ],
    ['a renewal', [renewal]],
    [
      'renewals and takes',
      [
        renewal,
        { kind: 'take', id: 1, requests: [bucket], cost: 1 },
        { ...renewal, id: 0, report: { ...bucket, spent: 0, returned: 7, wanted: 0 } },
      ],
    ],
  ])('arrive as they were sent: %s', (_, questions) => {
    const heard: LimitQuestion[] = [];
    eachQuestion(encodeQuestions(questions), (question) => heard.push(question));
    expect(heard).toEqual(questions);
  });

  it('leave behind what else the caller keeps in its requests', () => {
    const heard: LimitQuestion[] = [];
    const more = { ...bucket, labelAt: () => 'a label' };
    eachQuestion(
      encodeQuestions([{ kind: 'take', id: 1, requests: [more], cost: 1 }]),
      (question) => heard.push(question),
    );
    expect(heard).toEqual([{ kind: 'take', id: 1, requests: [bucket], cost: 1 }]);
  });
});

describe('answers', () => {
  it.each<[string, readonly LimitAnswer[]]>([
    ['none', []],
    ['one decision', [{ kind: 'decided', id: 1, decisions: [allowed] }]],
    [
      'several, and what can never be admitted',
      [
        { kind: 'decided', id: 1, decisions: [never, allowed] },
        { kind: 'decided', id: 7, decisions: [] },
      ],
    ],
    [
      'what could not be decided, among others',
      [
        { kind: 'decided', id: 1, decisions: [allowed] },
        { kind: 'decided', id: 2, decisions: undefined },
        { kind: 'decided', id: 3, decisions: [never] },
      ],
    ],
    [
      'grants, of a bucket and of a window',
      [
        {
          kind: 'granted',
          id: 1,
          grant: { granted: 5, left: 0.5, endMs: Number.POSITIVE_INFINITY },
        },
        { kind: 'granted', id: 2, grant: { granted: 0, left: 9, endMs: 1_798_761_600_000 } },
      ],
    ],
    [
      'grants among decisions',
      [
        { kind: 'decided', id: 1, decisions: undefined },
        { kind: 'granted', id: 1, grant: { granted: 5, left: 1, endMs: 7 } },
        { kind: 'decided', id: 2, decisions: [allowed] },
      ],
    ],
  ])('arrive as they were sent: %s', (_, answers) => {
    const heard: LimitAnswer[] = [];
    eachAnswer(encodeAnswers(answers), (answer) => heard.push(answer));
    expect(heard).toEqual(answers);
  });
});
