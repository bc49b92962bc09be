/**
 * A tiny process that stands between an owner and the server it started, so that the server never
 * outlives the owner.
 *
 * The owner holds an IPC channel to this process. The kernel closes that channel however the owner
 * ends, SIGKILL included; the watchdog then walks the stop ladder (ask politely, insist, kill) and
 * ends itself. It runs in a session of its own, so Ctrl-C in a terminal reaches only the owner,
 * which stops its servers in the right order.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type {
  StopLadder,
  WatchdogReport,
  WatchdogRequest,
  WatchedCommand,
} from './watchdog-protocol.ts';

let child: ChildProcess | undefined;
let ladder: StopLadder = [];
let stopping = false;

/** Tells the owner, if there still is one: a report to an owner that is gone is no fault. */
function report(message: WatchdogReport, then: () => void = () => {}): void {
  if (!process.connected || process.send === undefined) {
    then();
    return;
  }
  process.send(message, () => {
    then();
  });
}

function signalChild(signal: NodeJS.Signals): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  if (signal === 'SIGKILL') killGroup(child.pid);
}

/** Ends whatever the command left in its process group, such as the workers of a test runner. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty, which is what we want. (Windows has no groups and answers the same way.)
  }
}

function start(command: WatchedCommand): void {
  ladder = command.stopLadder;
  const started = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    ...(command.account === undefined
      ? {}
      : { uid: command.account.uid, gid: command.account.gid }),
  });
  child = started;
  started.once('spawn', () => {
    report({ type: 'started', pid: started.pid ?? 0 });
  });
  started.once('error', (error: NodeJS.ErrnoException) => {
    report({ type: 'failed', code: error.code ?? 'UNKNOWN', message: error.message }, () =>
      process.exit(1),
    );
  });
  started.once('exit', (code, signal) => {
    if (started.pid !== undefined) killGroup(started.pid);
    report({ type: 'exited', exit: { code, signal } }, () => process.exit(0));
  });
}

/** Walks the stop ladder; the exit of the child ends this process on any rung. */
function stop(): void {
  if (stopping) return;
  stopping = true;
  if (child === undefined) process.exit(0);
  let waitMs = 0;
  for (const { signal, graceMs } of [...ladder, { signal: 'SIGKILL' as const, graceMs: 0 }]) {
    setTimeout(signalChild, waitMs, signal);
    waitMs += graceMs;
  }
}

process.on('message', (request: WatchdogRequest) => {
  if (request.type === 'start') start(request.command);
  else if (request.type === 'signal') signalChild(request.signal);
  else stop();
});
process.on('disconnect', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
// The owner may have been killed before this line ran: the channel is then gone already and no
// event will tell.
if (!process.connected) stop();
