import { describe, expect, it } from '@jest/globals';
import { count, countRepeated } from './jest-run.ts';

const clean = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  numTotalTestSuites: 2,
  testResults: [],
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

describe('counting the tests of files that were run once more', () => {
  const file = (
    name: string,
    tests: Readonly<Record<string, 'passed' | 'failed'>>,
    status: 'passed' | 'failed' = 'failed',
  ) => ({
    name: `/root/${name}`,
    status,
    assertionResults: Object.entries(tests).map(([fullName, each]) => ({ fullName, status: each })),
  });
  const first = {
    ...clean,
    numPassedTests: 12,
    numFailedTests: 2,
    testResults: [
      file('calm.spec.ts', { ten: 'passed' }, 'passed'),
      file('busy.spec.ts', { one: 'passed', two: 'failed' }),
      file('broken.spec.ts', { three: 'passed', four: 'failed' }),
    ],
  };

  it('counts a test that passes alone as passed, and names it', () => {
    const report = { ...clean, numPassedTests: 4, testResults: [] };
    expect(countRepeated('/root', first, { ...ended, report })).toEqual({
      passed: 14,
      failed: 0,
      remarks: [
        'Unstable: busy.spec.ts failed beside other specs and passed alone: "two"',
        'Unstable: broken.spec.ts failed beside other specs and passed alone: "four"',
      ],
    });
  });

  it('counts a test that fails again as failed', () => {
    const report = {
      ...clean,
      numPassedTests: 3,
      numFailedTests: 1,
      testResults: [file('broken.spec.ts', { three: 'passed', four: 'failed' })],
    };
    const counted = countRepeated('/root', first, { isPassed: false, output: '', report });
    expect(counted).toMatchObject({ passed: 13, failed: 1 });
    expect(counted.remarks).toEqual([expect.stringContaining('busy.spec.ts')]);
  });

  it('counts a file that cannot be loaded again, and tests that were skipped', () => {
    const report = { ...clean, numPassedTests: 2, numRuntimeErrorTestSuites: 1 };
    expect(
      countRepeated(
        '/root',
        { ...first, numPendingTests: 1 },
        { ...ended, isPassed: false, report },
      ),
    ).toMatchObject({ failed: 2 });
  });
});
