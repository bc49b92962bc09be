import { describe, expect, it } from '@jest/globals';
import { count } from './jest-run.ts';

const clean = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  numTotalTestSuites: 2,
};
const ended = { isPassed: true, output: '', isSelection: false };

describe('counting the tests', () => {
  it('gives what passed and what failed', () => {
    expect(count(clean, ended)).toEqual({ passed: 5, failed: 0, remarks: [] });
    expect(count({ ...clean, numFailedTests: 2 }, { ...ended, isPassed: false })).toEqual({
      passed: 5,
      failed: 2,
      remarks: [],
    });
  });

  it('counts a spec file that could not be loaded', () => {
    expect(
      count({ ...clean, numRuntimeErrorTestSuites: 1 }, { ...ended, isPassed: false }),
    ).toMatchObject({ passed: 5, failed: 1 });
  });

  it('counts a skipped test as failed, except where tests were chosen by name', () => {
    expect(count({ ...clean, numPendingTests: 1, numTodoTests: 1 }, ended)).toMatchObject({
      failed: 2,
      remarks: ['2 tests were skipped. A test runs, or it is removed.'],
    });
    expect(count({ ...clean, numPendingTests: 1 }, { ...ended, isSelection: true })).toEqual({
      passed: 5,
      failed: 0,
      remarks: [],
    });
  });

  it('fails when no test ran, and when jest did not end well although all passed', () => {
    expect(count({ ...clean, numPassedTests: 0 }, ended)).toMatchObject({ passed: 0, failed: 1 });
    expect(
      count(clean, { ...ended, isPassed: false, output: 'tests did not end within 420 s.' }),
    ).toEqual({ passed: 5, failed: 1, remarks: ['tests did not end within 420 s.'] });
  });
});
