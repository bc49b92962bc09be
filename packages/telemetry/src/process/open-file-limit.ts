import { readFileSync } from 'node:fs';

/**
 * File descriptors this process may have open at once, as `ulimit -n` says it. Node has raised the
 * soft limit to the hard one by the time this can be called. Undefined where the system sets no
 * limit or does not tell it.
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

/** What systems without /proc tell. */
function limitOfReport(): number | string | undefined {
  // The types of Node do not know the property yet.
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork = false } = report;
  try {
    // Without this the report resolves the addresses of all sockets to names.
    report.excludeNetwork = true;
    return (report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } })
      .userLimits?.open_files?.soft;
  } catch {
    return undefined;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
