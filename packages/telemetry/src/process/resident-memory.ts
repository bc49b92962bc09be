let lastBytes = 0;

/**
 * Resident memory of the process, bytes. Reading it opens a file, which fails when no file
 * descriptor is left: the last figure is returned then.
 */
export function residentBytes(): number {
  try {
    lastBytes = process.memoryUsage.rss();
  } catch {
    // What was read last is near enough to decide and report by.
  }
  return lastBytes;
}
