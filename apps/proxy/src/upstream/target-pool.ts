import type { ResponseLimits } from '@sluice/http1';
import type { UpstreamCall, UpstreamEvents, UpstreamRequest, UpstreamTimeouts } from '../exchange/upstream-call.ts';
import { callAtEndOfTurn, type EndOfTurnTask } from '../net/end-of-turn.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import { TargetAddresses, type AddressUser } from '../names/target-addresses.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { TargetConnector } from './connect-target.ts';
import { FairShare } from './fair-share.ts';
import { isLocalFault } from './local-fault.ts';
import { PooledCall, type CallDispatcher } from './pooled-call.ts';
import type { PooledTarget } from './pooled-target.ts';
import { defaultTargetOptions, type TargetOptions, type TargetSpec } from './target-options.ts';
import { UpstreamConnection, type ConnectionPool } from './upstream-connection.ts';
import { tryConnection, type ConnectionOutcome } from './try-connection.ts';

/** When more than half of the queue is taken, the most that one caller may still add to. */
const MOST_QUEUED_OF_ONE = 32;
/** How often calls that wait for a connection are looked at. */
const QUEUE_CHECK_MS = 100;

/**
 * One HTTP/1.1 target with its connections.
 *
 * The connection used last is used next: the ones that are not needed grow old together and are closed. Beyond
 * `maxConnections` calls wait, in order, no longer than they may take to connect.
 */
export class TargetPool implements PooledTarget, ConnectionPool, CallDispatcher, EndOfTurnTask, AddressUser {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly protocolVersion = '1.1';
  readonly wheel: TimerWheel;
  readonly connector: TargetConnector;
  readonly limits: Partial<ResponseLimits>;
  nextAtEnd: EndOfTurnTask | undefined = undefined;
  private readonly options: TargetOptions;
  /** Of a target that is named. */
  private readonly addresses: TargetAddresses | undefined;
  /** The address that the next connection is opened to, when it was decided before. */
  private wanted: string | undefined = undefined;
  private readonly connections = new Set<UpstreamConnection>();
  private readonly idle: UpstreamConnection[] = [];
  private readonly waiting = new Set<PooledCall>();
  /** Calls that get an idle connection at the end of this turn. */
  private reusing: PooledCall[] = [];
  private isAssigning = false;
  private readonly queueTimer = new Timer({ expired: () => this.checkQueue() });
  private readonly share: FairShare;
  private draining = false;

  /** @throws Error when the address of the spec is not host:port */
  constructor(spec: TargetSpec, wheel: TimerWheel, options: Partial<TargetOptions> = {}, certificates?: ClientCertificates) {
    this.address = spec.address;
    this.wheel = wheel;
    const given = { ...defaultTargetOptions, ...spec.connections, ...options };
    this.options = { ...given, maxConnections: Math.min(given.maxConnections, given.budget.maxPerTarget) };
    this.limits = this.options.limits;
    this.share = new FairShare(this.options.maxConnections);
    this.connector = new TargetConnector(spec, certificates);
    this.host = this.connector.host;
    this.port = this.connector.port;
    this.scheme = this.connector.scheme;
    this.addresses = TargetAddresses.of(this.host, given.names, wheel, this);
    this.connector.addresses = this.addresses;
  }

  /** {@inheritDoc PooledTarget.tryConnection} */
  tryConnection(connectMs: number, onOutcome: (outcome: ConnectionOutcome) => void): void {
    tryConnection(this.connector, connectMs, onOutcome);
  }

  get openCount(): number {
    return this.connections.size;
  }

  get idleCount(): number {
    return this.idle.length;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  send(request: UpstreamRequest, timeouts: UpstreamTimeouts, events: UpstreamEvents): UpstreamCall {
    const call = new PooledCall(this, request, timeouts, events, this.wheel.nowMs);
    if (this.isOverShare(call)) {
      this.enqueue(call);
    } else if (this.idle.length === 0 || call.needsFresh) {
      this.open(call);
    } else {
      this.reusing.push(call);
      this.assignLater();
    }
    return call;
  }

  /**
   * Puts calls on idle connections, those that waited for one first, once every socket that was readable in this turn of the
   * event loop has been read. A loop that was held up finds the next request and bytes that nobody asked for at the same
   * time, in either order: a connection that has such bytes must be seen to have them before a request is put on it, or they
   * would pass for its response.
   */
  endOfTurn(): void {
    this.isAssigning = false;
    this.assignWaiting();
    const calls = this.reusing;
    this.reusing = [];
    for (const call of calls) {
      if (call.isOver) continue;
      const connection = this.takeIdle();
      if (connection !== undefined) connection.begin(call);
      else this.open(call);
    }
    if (this.draining) this.drain();
  }

  private assignLater(): void {
    if (this.isAssigning) return;
    this.isAssigning = true;
    callAtEndOfTurn(this);
  }

  private assignWaiting(): void {
    for (const call of this.share.admitted(this.waiting, this.underWay())) {
      const connection = this.takeIdle();
      if (connection === undefined) return;
      if (call.needsFresh) {
        // It is opened a connection of its own when this one has made room for it.
        connection.destroy();
        continue;
      }
      this.waiting.delete(call);
      connection.begin(call);
    }
  }

  nextAddress(): string | undefined {
    const { wanted } = this;
    this.wanted = undefined;
    return wanted ?? this.addresses?.next();
  }

  /** Connections to addresses that the name no longer has take no more calls. */
  addressesChanged(): void {
    const isGone = ({ address }: UpstreamConnection): boolean => this.addresses?.isGone(address) === true;
    const leaving = this.idle.filter(isGone);
    if (leaving.length === 0) return;
    this.idle.splice(0, this.idle.length, ...this.idle.filter((connection) => !isGone(connection)));
    for (const connection of leaving) connection.destroy();
  }

  private takeIdle(): UpstreamConnection | undefined {
    if (this.addresses?.isPlural === true) return this.takeIdleInTurn(this.addresses.next());
    return this.takeLastIdle();
  }

  /** One to the address whose turn it is. Undefined also when there is none yet to that address: one is to be opened. */
  private takeIdleInTurn(address: string | undefined): UpstreamConnection | undefined {
    for (let at = this.idle.length - 1; at >= 0; at--) {
      const connection = this.idle[at] as UpstreamConnection;
      if (connection.address !== address || !connection.isIdle) continue;
      this.idle.splice(at, 1);
      return connection;
    }
    const hasOne = this.connections.values().some((connection) => connection.address === address);
    if (hasOne || this.connections.size >= this.options.maxConnections) return this.takeLastIdle();
    this.wanted = address;
    return undefined;
  }

  private takeLastIdle(): UpstreamConnection | undefined {
    let connection = this.idle.pop();
    // One that has just been destroyed is here until its socket says so.
    while (connection !== undefined && !connection.isIdle) connection = this.idle.pop();
    return connection;
  }

  giveUpIdle(): boolean {
    const [oldest] = this.idle;
    oldest?.destroy();
    if (oldest !== undefined) this.idle.shift();
    return oldest !== undefined;
  }

  drain(): void {
    this.draining = true;
    this.addresses?.stop();
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  close(): void {
    this.drain();
    for (const call of this.waiting) call.fail('upstream_reset', 'the gateway is shutting down');
    this.waiting.clear();
    for (const connection of this.connections) connection.shutDown('the gateway is shutting down');
  }

  retry(call: PooledCall): void {
    this.open(call);
  }

  unqueue(call: PooledCall): void {
    this.waiting.delete(call);
  }

  idleMs(hint: string | undefined): number {
    const { keepAliveIdleMs, maxKeepAliveIdleMs } = this.options;
    const seconds = hint === undefined ? undefined : /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(hint)?.[1];
    if (seconds === undefined) return keepAliveIdleMs;
    const announcedMs = Number(seconds) * 1_000;
    return Math.min(Math.max(announcedMs - 1_000, announcedMs / 2), maxKeepAliveIdleMs);
  }

  released(connection: UpstreamConnection): void {
    if ((this.draining && this.waiting.size === 0) || this.addresses?.isGone(connection.address) === true) return connection.destroy();
    this.idle.push(connection);
    if (this.waiting.size > 0) this.assignLater();
  }

  detached(connection: UpstreamConnection): void {
    if (this.connections.delete(connection)) this.openForNext();
  }

  closed(connection: UpstreamConnection): void {
    this.options.budget.leave();
    if (!this.connections.delete(connection)) return;
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    this.openForNext();
  }

  private open(call: PooledCall): void {
    const { maxConnections, budget } = this.options;
    if (this.connections.size < maxConnections && budget.enter()) {
      this.connect(call);
    } else if (this.connections.size === 0) {
      call.fail('local_resources_exhausted', `all ${budget.max} connections to targets are busy`);
    } else {
      this.enqueue(call);
    }
  }

  private enqueue(call: PooledCall): void {
    const { maxConnections, maxQueued } = this.options;
    if (this.waiting.size >= maxQueued || (this.waiting.size >= maxQueued / 2 && !this.mayQueue(call))) {
      call.fail('no_target_available', `all ${maxConnections} connections, or the share of the caller, are busy and ${this.waiting.size} requests wait for one`);
      return;
    }
    this.waiting.add(call);
    if (!this.queueTimer.isSet) this.wheel.set(this.queueTimer, QUEUE_CHECK_MS);
  }

  /** The upper half of the queue is for callers who have no share of it yet, and for requests whose content is here. */
  private mayQueue(call: PooledCall): boolean {
    if (call.isUploading) return false;
    const { callerKey } = call;
    return callerKey === '' || this.waiting.values().filter((other) => other.callerKey === callerKey).take(MOST_QUEUED_OF_ONE).toArray().length < MOST_QUEUED_OF_ONE;
  }

  private isOverShare(call: PooledCall): boolean {
    const busy = this.connections.size - this.idle.length;
    return this.share.mayBeUsedUp(call, busy) && this.share.isUsedUp(call, this.underWay());
  }

  private *underWay(): Generator<PooledCall> {
    for (const { current } of this.connections) if (current !== undefined) yield current;
  }

  private connect(call: PooledCall): void {
    let connection: UpstreamConnection;
    try {
      connection = new UpstreamConnection(this, call);
    } catch (error) {
      this.options.budget.leave();
      call.fail(isLocalFault(error) ? 'local_resources_exhausted' : 'upstream_connect_failed', `cannot be connected to: ${String(error)}`);
      return;
    }
    this.connections.add(connection);
  }

  private openForNext(): void {
    if (this.waiting.size === 0) return;
    for (const next of this.share.admitted(this.waiting, this.underWay())) {
      this.waiting.delete(next);
      this.open(next);
      return;
    }
  }

  private checkQueue(): void {
    for (const call of this.waiting) {
      if (call.queueDeadlineMs > this.wheel.nowMs) continue;
      this.waiting.delete(call);
      call.fail('no_target_available', `none of ${this.options.maxConnections} connections became free in time`);
    }
    if (this.waiting.size === 0) return;
    this.wheel.set(this.queueTimer, QUEUE_CHECK_MS);
    // A share may have become free without a connection becoming so: an upload is complete, for instance.
    if (this.idle.length > 0) this.assignLater();
    else if (this.connections.size < this.options.maxConnections) this.openForNext();
  }
}
