import { readFileSync } from 'node:fs';

/**
 * The number of file descriptors that this process may have open, as `ulimit -n` shows it. Node has
 * raised the soft limit to the hard one at its start. Undefined where the system sets no limit or
 * does not report it.
 */
export function openFileLimit(): number | undefined {
  const told = limitOfProc() ?? limitOfReport();
  const limit = Number(told);
  return Number.isInteger(limit) && limit > 0 ? limit : undefined;
}

function limitOfProc(): string | undefined {
  try {
    return /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** For systems without /proc. */
function limitOfReport(): number | string | undefined {
  // The types of Node do not contain the property yet.
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  try {
    // Without this, the report would resolve the addresses of all sockets to names.
    report.excludeNetwork = true;
    return (report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } })
      .userLimits?.open_files?.soft;
  } catch {
    return undefined;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
