import type { LogFile } from './log-file.ts';

/** How many lines of output the report about a failed program contains. */
const shownLines = 5;

/**
 * Describes the end of what a program wrote in its present run, for a message about its failure: a
 * heading with the path of the log, and at most five lines. Returns an empty text when it wrote
 * nothing. Lines of the access log are left out: they say nothing about the failure and may push
 * out what does. Secrets are cut: programs print none, but a terminal may be shared.
 */
export function lastOutput(log: LogFile): string {
  const text = log.tail(shownLines, isNoAccessLine);
  return text === ''
    ? ''
    : ` Its last output, also in ${log.path}:\n${text.replace(/\b(sl[a-z]_)[A-Za-z0-9]{20,}/g, '$1…')}`;
}

/** An access log line is a JSON object with a `status`. */
function isNoAccessLine(line: string): boolean {
  if (!line.startsWith('{')) return true;
  try {
    return !('status' in (JSON.parse(line) as object));
  } catch {
    return true;
  }
}
