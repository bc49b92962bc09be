/** See `process-table.mjs`, which stays plain JavaScript because it runs on the installed Node. */
export function describeProcess(pid: number):
  | {
      readonly pid: number;
      readonly ppid: number;
      readonly startedAt: string;
      readonly command: string;
    }
  | undefined;
