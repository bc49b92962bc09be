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

/**
 * Runs the specs of a group that the arguments select, and counts. A file that cannot be loaded
 * counts as a failure, and so does each test that is skipped, unless the arguments select tests by
 * name: tests run, or they are removed.
 */
export async function runSpecs(
  root: string,
  group: SpecGroup,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<JestCount> {
  const reportFile = join(root, '.cache', `jest-${process.pid}.json`);
  mkdirSync(dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const pattern = `${escape(root)}.*(${endToEnd})`;
  const ignored = ['/node_modules/', '/dist/', group.isEndToEnd ? `^(?!${pattern})` : pattern];
  const { isPassed, output } = await runStep({
    name: group.name,
    command: process.execPath,
    args: [
      ...[...jest(root), ...args, ...(group.isEndToEnd ? ['--runInBand'] : ['--maxWorkers=2'])],
      ...[
        '--json',
        `--outputFile=${reportFile}`,
        ...ignored.map((path) => `--testPathIgnorePatterns=${path}`),
      ],
    ],
    env: { ...env, ...(process.stderr.isTTY ? {} : { FORCE_COLOR: '0' }) },
    timeoutMs: group.timeoutMs,
    isLive: true,
  });
  try {
    return count(JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport, {
      isPassed,
      output,
      isSelection: args.some((arg) => /^(-t|--testNamePattern)/.test(arg)),
    });
  } catch {
    return {
      passed: 0,
      failed: 1,
      remarks: [`${group.name}: jest ended without a result. ${output}`],
    };
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
