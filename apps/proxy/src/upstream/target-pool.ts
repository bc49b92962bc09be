import { errorMessage } from '@sluice/errors';
import type { ResponseLimits } from '@sluice/http1';
import type {
  UpstreamCall,
  UpstreamEvents,
  UpstreamRequest,
  UpstreamTimeouts,
} from '../exchange/upstream-call.ts';
import { callAtEndOfTurn, type EndOfTurnTask } from '../net/end-of-turn.ts';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';
import { TargetAddresses, type AddressUser } from '../names/target-addresses.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { TargetConnector } from './connect-target.ts';
import { FairShare, type ShareCount } from './fair-share.ts';
import { isLocalFault } from './local-fault.ts';
import { PooledCall, type CallDispatcher } from './pooled-call.ts';
import type { PooledTarget } from './pooled-target.ts';
import { defaultTargetOptions, type TargetOptions, type TargetSpec } from './target-options.ts';
import { UpstreamConnection, type ConnectionPool } from './upstream-connection.ts';
import { tryConnection, type ConnectionOutcome } from './try-connection.ts';

/**
 * While the queue is more than half full, the number of queued calls at which one caller may not
 * add another.
 */
const MAX_QUEUED_PER_CALLER = 32;
/** How often the queue is checked for calls whose time is over. */
const QUEUE_CHECK_MS = 100;

/**
 * One HTTP/1.1 target and its pool of connections.
 *
 * The most recently used connection is reused first, so that surplus connections reach their idle
 * timeout. Beyond `maxConnections`, calls wait in order of arrival, at most for their connect
 * timeout.
 */
export class TargetPool
  implements PooledTarget, ConnectionPool, CallDispatcher, EndOfTurnTask, AddressUser
{
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
  /** The resolved addresses; undefined when the host is an IP address. */
  private readonly addresses: TargetAddresses | undefined;
  /** The address for the next connection, if it is already chosen. */
  private wanted: string | undefined = undefined;
  private readonly connections = new Set<UpstreamConnection>();
  private readonly idle: UpstreamConnection[] = [];
  private readonly waiting = new Set<PooledCall>();
  /** Calls that get an idle connection at the end of this turn of the event loop. */
  private reusing: PooledCall[] = [];
  private isAssigning = false;
  private readonly queueTimer = new Timer({ expired: () => this.checkQueue() });
  private readonly share: FairShare;
  /**
   * The calls per share, counted once in a turn: counting for each call would cost the square of
   * their number.
   */
  private turnShares: ShareCount | undefined = undefined;
  private draining = false;

  /** @throws Error when the address of the spec is not host:port */
  constructor(
    spec: TargetSpec,
    wheel: TimerWheel,
    options: Partial<TargetOptions> = {},
    certificates?: ClientCertificates,
  ) {
    this.address = spec.address;
    this.wheel = wheel;
    const given = { ...defaultTargetOptions, ...spec.connections, ...options };
    this.options = {
      ...given,
      maxConnections: Math.min(given.maxConnections, given.budget.maxPerTarget),
    };
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
   * Assigns calls to idle connections, queued calls first, after every readable socket of this turn
   * of the event loop was read. After a delay of the loop, a new request and unsolicited bytes on
   * an idle connection can be due in the same turn, in either order. The bytes must be read first,
   * which closes the connection; otherwise they would be taken for the response.
   */
  endOfTurn(): void {
    this.isAssigning = false;
    this.turnShares = undefined;
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
    if (this.waiting.size === 0) return;
    for (const call of this.share.admitted(this.waiting, this.underWay())) {
      const connection = this.takeIdle();
      if (connection === undefined) return;
      if (call.needsFresh) {
        // The call gets a new connection once this one is closed.
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

  /**
   * Closes idle connections to addresses that the name no longer has; busy ones close after their
   * call.
   */
  addressesChanged(): void {
    const isGone = ({ address }: UpstreamConnection): boolean =>
      this.addresses?.isGone(address) === true;
    const leaving = this.idle.filter(isGone);
    if (leaving.length === 0) return;
    this.idle.splice(0, this.idle.length, ...this.idle.filter((connection) => !isGone(connection)));
    for (const connection of leaving) connection.destroy();
  }

  private takeIdle(): UpstreamConnection | undefined {
    if (this.addresses?.isPlural === true) return this.takeIdleInTurn(this.addresses.next());
    return this.takeLastIdle();
  }

  /**
   * Takes an idle connection to the next address. Returns undefined when a connection to that
   * address must be opened.
   */
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
    // A destroyed connection stays in the list until the 'close' event of its socket.
    while (connection !== undefined && !connection.isIdle) connection = this.idle.pop();
    return connection;
  }

  closeIdle(): boolean {
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
    const seconds =
      hint === undefined ? undefined : /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(hint)?.[1];
    if (seconds === undefined) return keepAliveIdleMs;
    const announcedMs = Number(seconds) * 1_000;
    return Math.min(Math.max(announcedMs - 1_000, announcedMs / 2), maxKeepAliveIdleMs);
  }

  released(connection: UpstreamConnection): void {
    if (
      (this.draining && this.waiting.size === 0) ||
      this.addresses?.isGone(connection.address) === true
    )
      return connection.destroy();
    this.idle.push(connection);
    if (this.waiting.size > 0) this.assignLater();
  }

  detached(connection: UpstreamConnection): void {
    if (this.connections.delete(connection)) this.openForNext();
  }

  closed(connection: UpstreamConnection): void {
    this.options.budget.release();
    if (!this.connections.delete(connection)) return;
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    this.openForNext();
  }

  private open(call: PooledCall): void {
    const { maxConnections, budget } = this.options;
    if (this.connections.size < maxConnections && budget.acquire()) {
      this.connect(call);
    } else if (this.connections.size === 0) {
      call.fail('local_resources_exhausted', `all ${budget.max} connections to targets are busy`);
    } else {
      this.enqueue(call);
    }
  }

  private enqueue(call: PooledCall): void {
    const { maxConnections, maxQueued } = this.options;
    if (
      this.waiting.size >= maxQueued ||
      (this.waiting.size >= maxQueued / 2 && !this.mayQueue(call))
    ) {
      call.fail(
        'no_target_available',
        `all ${maxConnections} connections, or the share of the caller, are busy and ${this.waiting.size} requests wait for one`,
      );
      return;
    }
    this.waiting.add(call);
    if (!this.queueTimer.isSet) this.wheel.set(this.queueTimer, QUEUE_CHECK_MS);
  }

  /**
   * The upper half of the queue is reserved for callers with few queued calls and for requests with
   * complete content.
   */
  private mayQueue(call: PooledCall): boolean {
    if (call.isUploading) return false;
    const { callerKey } = call;
    return (
      callerKey === '' ||
      this.waiting
        .values()
        .filter((other) => other.callerKey === callerKey)
        .take(MAX_QUEUED_PER_CALLER)
        .toArray().length < MAX_QUEUED_PER_CALLER
    );
  }

  private isOverShare(call: PooledCall): boolean {
    const busy = this.connections.size - this.idle.length + this.reusing.length;
    if (!this.share.mayBeUsedUp(call, busy)) return false;
    if (this.turnShares === undefined) {
      this.turnShares = this.share.count(this.underWay());
      // So that calls that wait are served before later calls of the same caller.
      for (const other of this.waiting) this.turnShares.add(other);
      this.assignLater();
    }
    if (this.turnShares.isUsedUp(call)) return true;
    this.turnShares.add(call);
    return false;
  }

  /** The calls that have a connection, or get one at the end of this turn. */
  private *underWay(): Generator<PooledCall> {
    for (const { current } of this.connections) if (current !== undefined) yield current;
    yield* this.reusing;
  }

  private connect(call: PooledCall): void {
    let connection: UpstreamConnection;
    try {
      connection = new UpstreamConnection(this, call);
    } catch (error) {
      this.options.budget.release();
      call.fail(
        isLocalFault(error) ? 'local_resources_exhausted' : 'upstream_connect_failed',
        `the connection could not be opened: ${errorMessage(error)}`,
      );
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
      call.fail(
        'no_target_available',
        `none of ${this.options.maxConnections} connections became free in time`,
      );
    }
    if (this.waiting.size === 0) return;
    this.wheel.set(this.queueTimer, QUEUE_CHECK_MS);
    // A share may be free without a closed connection, for example because an upload is complete.
    if (this.idle.length > 0) this.assignLater();
    else if (this.connections.size < this.options.maxConnections) this.openForNext();
  }
}
