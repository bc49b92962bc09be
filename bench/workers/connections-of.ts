import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const established = '01';

/**
 * How many connections that clients have made to this port of 127.0.0.1 each of the processes
 * holds.
 */
export function connectionsOf(pids: readonly number[], port: number): number[] {
  const wanted = inodesOf(port);
  return pids.map((pid) => socketsOf(pid).filter((inode) => wanted.has(inode)).length);
}

/** Sockets whose own end is this port, as the kernel numbers them. */
function inodesOf(port: number): Set<string> {
  const inodes = new Set<string>();
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    // sl, local address, remote address, state, queues, timers, retransmits, uid, timeout, inode
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (local.endsWith(end) && state === established) inodes.add(inode);
  }
  return inodes;
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // It was closed in between.
      return [];
    }
  });
}
