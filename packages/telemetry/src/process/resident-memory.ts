/** One figure per process, because it is the memory of the process. */
let lastBytes = 0;

/**
 * Resident memory of the process in bytes. Reading it opens a file, which fails when no file
 * descriptor is free: the last value is returned then.
 */
export function residentBytes(): number {
  try {
    lastBytes = process.memoryUsage.rss();
  } catch {
    // The last value is accurate enough for decisions and reports.
  }
  return lastBytes;
}
