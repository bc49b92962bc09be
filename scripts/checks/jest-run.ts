import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runStep } from './step.ts';

/** The result of a run of jest. */
export type JestCount = {
  readonly passed: number;
  readonly failed: number;
  readonly remarks: readonly string[];
};

type JestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numTotalTestSuites: number;
  readonly testResults: readonly {
    /** The path of the spec file. */
    readonly name: string;
    readonly status: 'passed' | 'failed';
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: 'passed' | 'failed' | 'pending' | 'todo';
    }[];
  }[];
};

/** Specs that run together. */
export type SpecGroup = {
  readonly name: string;
  /** They run what is built, one file at a time, because they kill and measure. */
  readonly isEndToEnd: boolean;
  readonly timeoutMs: number;
};

const endToEnd = '/e2e/|\\.e2e\\.spec\\.ts$';
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const run = promisify(execFile);

function jest(root: string): string[] {
  return [...flags, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
}

/** Counts the spec files that the arguments select. */
export async function countSpecs(
  root: string,
  args: readonly string[],
): Promise<{ readonly endToEnd: number; readonly others: number }> {
  const { stdout } = await run(process.execPath, [...jest(root), '--listTests', ...args], {
    cwd: root,
    timeout: 60_000,
    maxBuffer: 16_000_000,
  });
  const specs = stdout.split('\n').filter((line) => line.endsWith('.spec.ts'));
  // Below the root, or a checkout in a folder named e2e would count as a whole.
  const inGroup = specs.filter((path) =>
    new RegExp(endToEnd).test(path.slice(root.length).replaceAll('\\', '/')),
  );
  return { endToEnd: inGroup.length, others: specs.length - inGroup.length };
}

/** A few specs can fail because two cores were busy; more of them are a fault of the code. */
const mostRepeated = 3;

/**
 * Runs the specs of a group that the arguments select, and counts. A file that cannot be loaded
 * counts as a failure, and so does each test that is skipped, unless the arguments select tests by
 * name: tests run, or they are removed.
 *
 * In a run of all specs, at most three failed files are run once more, one at a time. A test that
 * passes then depends on how busy the machine is: it counts as passed and is reported as unstable.
 */
export async function runSpecs(
  root: string,
  group: SpecGroup,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<JestCount> {
  const workers = group.isEndToEnd ? '--runInBand' : '--maxWorkers=2';
  const pattern = `${escape(root)}.*(${endToEnd})`;
  const ignored = ['/node_modules/', '/dist/', group.isEndToEnd ? `^(?!${pattern})` : pattern];
  const isSelection = args.some((arg) => /^(-t|--testNamePattern)/.test(arg));
  const first = await runJest(root, group, env, [
    ...args,
    workers,
    ...ignored.map((path) => `--testPathIgnorePatterns=${path}`),
  ]);
  if (first.report === undefined) return withoutResult(group, first.output);
  const failed = failedFiles(first.report);
  if (args.length > 0 || failed.length === 0 || failed.length > mostRepeated)
    return count(first.report, { ...first, isSelection });
  console.log(`\n${group.name}: the failed files once more, one at a time`);
  const second = await runJest(root, group, env, ['--runInBand', '--runTestsByPath', ...failed]);
  if (second.report === undefined) return withoutResult(group, second.output);
  return countRepeated(root, first.report, { ...second, report: second.report });
}

/** The spec files in which a test failed, or that could not be loaded. */
function failedFiles({ testResults }: JestReport): string[] {
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

function withoutResult(group: SpecGroup, output: string): JestCount {
  const remarks = [`${group.name}: jest ended without a result. ${output}`];
  return { passed: 0, failed: 1, remarks };
}

type JestRun = {
  readonly isPassed: boolean;
  readonly output: string;
  /** Undefined if jest wrote none. */
  readonly report: JestReport | undefined;
};

async function runJest(
  root: string,
  group: SpecGroup,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<JestRun> {
  const reportFile = join(root, '.cache', `jest-${process.pid}.json`);
  mkdirSync(dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const { isPassed, output } = await runStep({
    name: group.name,
    command: process.execPath,
    args: [...jest(root), ...args, '--json', `--outputFile=${reportFile}`],
    env: { ...env, ...(process.stderr.isTTY ? {} : { FORCE_COLOR: '0' }) },
    timeoutMs: group.timeoutMs,
    isLive: true,
  });
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport;
    return { isPassed, output, report };
  } catch {
    return { isPassed, output, report: undefined };
  } finally {
    rmSync(reportFile, { force: true });
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Counts what jest reported. Exported for its spec. */
export function count(
  report: JestReport,
  run: { readonly isPassed: boolean; readonly output: string; readonly isSelection: boolean },
): JestCount {
  const remarks: string[] = [];
  let failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (report.numRuntimeErrorTestSuites > 0)
    remarks.push(`${report.numRuntimeErrorTestSuites} spec files could not be loaded.`);
  if (skipped > 0 && !run.isSelection) {
    failed += skipped;
    remarks.push(`${skipped} tests were skipped. A test runs, or it is removed.`);
  }
  if (report.numPassedTests + failed === 0) {
    failed = 1;
    remarks.push('No test ran.');
  }
  if (!run.isPassed && failed === 0) {
    failed = 1;
    remarks.push(
      run.output === ''
        ? 'All tests passed, but jest did not end well: something they started is still running.'
        : run.output,
    );
  }
  return { passed: report.numPassedTests, failed, remarks };
}

/**
 * Counts a run of all specs whose failed files were run once more: their tests count as the second
 * run says, and those that failed only in the first are named. Exported for its spec.
 */
export function countRepeated(
  root: string,
  first: JestReport,
  second: JestRun & { readonly report: JestReport },
): JestCount {
  const repeated = first.testResults.filter(({ status }) => status === 'failed');
  const again = count(second.report, { ...second, isSelection: false });
  const passedBefore = repeated.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'passed'),
  ).length;
  const stillFailed = new Set(failedFiles(second.report));
  const unstable = repeated
    .filter(({ name }) => !stillFailed.has(name))
    .map(({ name, assertionResults }) => {
      const tests = assertionResults.filter(({ status }) => status === 'failed');
      const titles = tests.map(({ fullName }) => `"${fullName}"`).join(', ');
      return `Unstable: ${name.replace(`${root}/`, '')} failed beside other specs and passed alone: ${titles || 'the whole file'}`;
    });
  return {
    passed: first.numPassedTests - passedBefore + again.passed,
    failed: first.numPendingTests + first.numTodoTests + again.failed,
    remarks: [...again.remarks, ...unstable],
  };
}
