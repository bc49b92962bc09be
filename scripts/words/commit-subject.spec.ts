import { describe, expect, it } from '@jest/globals';
import { subjectFault } from './commit-subject.ts';

describe('the subject of a commit', () => {
  it.each([
    'router: refuse empty patterns',
    'listener, http1: pass trailers on',
    'control-plane: address the feedback',
    'e2e: shed load',
  ])('accepts "%s"', (subject) => {
    expect(subjectFault(subject)).toBeUndefined();
  });

  it.each([
    ['refuse empty patterns', /no area/],
    ['router: Refuse empty patterns', /capital/],
    ['router: refused empty patterns', /imperative/],
    ['router: refuses empty patterns', /imperative/],
    ['router: refusing empty patterns', /imperative/],
    ['router: refuse empty patterns.', /full stop/],
    [`router: ${'x'.repeat(70)}`, /78 characters/],
  ])('refuses "%s"', (subject, fault) => {
    expect(subjectFault(subject)).toMatch(fault);
  });
});
